import { createKeyClient, type KeyClient } from '../clients/key-client.ts';
import type { HeldKey } from './held-key.ts';
import type { GenerateOperation, History, Operation, Outcome, RevokeOperation, ValidateOperation } from './history.ts';

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

/** Calls one instance. Every call is recorded, and resolves to what was recorded; none rejects. */
export interface RecordingClient {
  readonly instance: string;
  generate(merchantId: string): Promise<{ readonly operation: GenerateOperation; readonly key: HeldKey | undefined }>;
  revoke(merchantId: string): Promise<RevokeOperation>;
  validate(key: HeldKey): Promise<ValidateOperation>;
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
  const keyClients = endpoints.map(({ address }) => createKeyClient(address, token));
  let running = 0;

  /** The start is read before anything is sent, the end after the answer has come: never the other way round. */
  async function record<A extends { readonly outcome: Outcome }, O extends Operation>(
    call: () => Promise<A>,
    toOperation: (answer: A, times: { readonly startMs: number; readonly endMs: number }) => O,
  ): Promise<{ readonly answer: A; readonly operation: O }> {
    running++;
    const startMs = performance.now();
    const answer = await call();
    const operation = toOperation(answer, { startMs, endMs: performance.now() });
    running--;
    operations.push(operation);
    return { answer, operation };
  }

  function createClient(instance: string, client: KeyClient): RecordingClient {
    return {
      instance,

      async generate(merchantId) {
        const { answer, operation } = await record(
          () => client.generate(merchantId, changeDeadlineMs),
          ({ outcome, key }, times): GenerateOperation => {
            return { kind: 'generate', instance, merchantId, ...times, outcome, keyId: key?.id };
          },
        );
        return { operation, key: answer.key };
      },

      async revoke(merchantId) {
        const { operation } = await record(
          () => client.revoke(merchantId, changeDeadlineMs),
          ({ outcome }, times): RevokeOperation => ({ kind: 'revoke', instance, merchantId, ...times, outcome }),
        );
        return operation;
      },

      async validate(key) {
        const keyId = key.id;
        const { operation } = await record(
          () => client.validate(key, validateDeadlineMs),
          ({ outcome, verdict }, times): ValidateOperation => {
            return { kind: 'validate', instance, keyId, ...times, outcome, verdict };
          },
        );
        return operation;
      },
    };
  }

  return {
    clients: keyClients.map((client, index) => createClient(endpoints[index]?.name ?? '', client)),
    history: () => operations.slice(),
    get running() {
      return running;
    },
    close() {
      for (const client of keyClients) client.close();
    },
  };
}
