import { createKeyClient } from '../clients/key-client.ts';
import type { History, Operation } from './history.ts';
import { createRecordingClient, type RecordingClient } from './recording-client.ts';

export interface Endpoint {
  /** How reports call the instance. */
  readonly name: string;
  /** `host:port` of its gRPC port. */
  readonly address: string;
}

export interface RecorderOptions {
  /** A token for all merchants; also for Validate where the service wants one. None by default. */
  readonly token?: string | undefined;
  /** When a Validate is given up, in milliseconds; 3000 by default. */
  readonly validateDeadlineMs?: number;
  /** When a Generate or Revoke is given up, in milliseconds; 40000 by default, longer than the service waits. */
  readonly changeDeadlineMs?: number;
}

/** Records the calls of all its clients on one clock. */
export interface Recorder {
  readonly clients: readonly RecordingClient[];
  /** All calls that have ended so far, in the order of their ends. */
  history(): History;
  /** Calls that have not ended yet: while there are any, the history is not whole. */
  readonly running: number;
  close(): void;
}

/** Connects when the first call is made, and again whenever the instance comes back. */
export function createRecorder(endpoints: readonly Endpoint[], options: RecorderOptions = {}): Recorder {
  const { token, validateDeadlineMs = 3_000, changeDeadlineMs = 40_000 } = options;
  const operations: Operation[] = [];
  let running = 0;
  const connected = endpoints.map(({ name, address }) => ({ name, client: createKeyClient(address, token) }));

  return {
    clients: connected.map(({ name, client }) =>
      createRecordingClient(() => client, {
        instance: name,
        validateDeadlineMs,
        changeDeadlineMs,
        onStarted: () => {
          running++;
        },
        onEnded: (operation) => {
          running--;
          operations.push(operation);
        },
      }),
    ),
    history: () => operations.slice(),
    get running() {
      return running;
    },
    close() {
      for (const { client } of connected) client.close();
    },
  };
}
