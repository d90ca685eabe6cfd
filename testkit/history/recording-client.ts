import type { KeyClient } from '../clients/key-client.ts';
import type { HeldKey } from './held-key.ts';
import type { GenerateOperation, Operation, Outcome, RevokeOperation, ValidateOperation } from './history.ts';

/** Calls one instance. Every call is recorded, and resolves to what was recorded; none rejects. */
export interface RecordingClient {
  readonly instance: string;
  generate(merchantId: string): Promise<{ readonly operation: GenerateOperation; readonly key: HeldKey | undefined }>;
  revoke(merchantId: string): Promise<RevokeOperation>;
  validate(key: HeldKey): Promise<ValidateOperation>;
}

export interface RecordingClientOptions {
  /** How the history calls the instance. */
  readonly instance: string;
  /** When a Validate is given up, in milliseconds. */
  readonly validateDeadlineMs: number;
  /** When a Generate or Revoke is given up, in milliseconds. */
  readonly changeDeadlineMs: number;
  readonly onStarted?: () => void;
  readonly onEnded: (operation: Operation) => void;
}

/** @param client is asked for at each call: an instance that is started again has a new one */
export function createRecordingClient(client: () => KeyClient, options: RecordingClientOptions): RecordingClient {
  const { instance, validateDeadlineMs, changeDeadlineMs, onStarted, onEnded } = options;

  /** The start is read before anything is sent, the end after the answer has come: never the other way round. */
  async function record<A extends { readonly outcome: Outcome }, O extends Operation>(
    call: () => Promise<A>,
    toOperation: (answer: A, times: { readonly startMs: number; readonly endMs: number }) => O,
  ): Promise<{ readonly answer: A; readonly operation: O }> {
    onStarted?.();
    const startMs = performance.now();
    const answer = await call();
    const operation = toOperation(answer, { startMs, endMs: performance.now() });
    onEnded(operation);
    return { answer, operation };
  }

  return {
    instance,

    async generate(merchantId) {
      const { answer, operation } = await record(
        () => client().generate(merchantId, changeDeadlineMs),
        ({ outcome, key }, times): GenerateOperation => {
          return { kind: 'generate', instance, merchantId, ...times, outcome, keyId: key?.id };
        },
      );
      return { operation, key: answer.key };
    },

    async revoke(merchantId) {
      const { operation } = await record(
        () => client().revoke(merchantId, changeDeadlineMs),
        ({ outcome }, times): RevokeOperation => ({ kind: 'revoke', instance, merchantId, ...times, outcome }),
      );
      return operation;
    },

    async validate(key) {
      const keyId = key.id;
      const { operation } = await record(
        () => client().validate(key, validateDeadlineMs),
        ({ outcome, verdict }, times): ValidateOperation => {
          return { kind: 'validate', instance, keyId, ...times, outcome, verdict };
        },
      );
      return operation;
    },
  };
}
