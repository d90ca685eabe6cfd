import type { KeyHash } from '../../src/core/api-key.ts';
import { toServiceError } from '../../src/core/errors.ts';
import type { KeyState } from '../../src/core/key-store.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { Change, History, KeyId, Operation, Outcome, Verdict } from '../history/history.ts';
import type { Instance } from './instance.ts';

/** Calls instances, and records what the callers saw. */
export interface Clients {
  /** Keys that were handed out, the oldest first. */
  readonly keys: readonly KeyId[];
  /** Calls that have not ended. */
  readonly running: number;
  generate(instance: Instance, merchantId: string): Promise<Change>;
  revoke(instance: Instance, merchantId: string): Promise<Change>;
  validate(instance: Instance, keyId: KeyId): Promise<void>;
  history(): History;
}

/**
 * The history's time counts the starts and ends of calls: no two of them are at the same time, so that the judge gives
 * nothing away.
 */
export function createClients(): Clients {
  const operations: Operation[] = [];
  const keys: KeyId[] = [];
  let count = 0;
  let keysMade = 0;
  let running = 0;

  async function record<T, O extends Operation>(
    { life, name }: Instance,
    call: () => Promise<T> | T,
    toOperation: (
      answered: {
        readonly instance: string;
        readonly startMs: number;
        readonly endMs: number;
        readonly outcome: Outcome;
      },
      value: T | undefined,
    ) => O,
  ): Promise<O> {
    running++;
    const startMs = ++count;
    const { outcome, value } = await outcomeOf(life, call);
    const operation = toOperation({ instance: name, startMs, endMs: ++count, outcome }, value);
    operations.push(operation);
    running--;
    return operation;
  }

  return {
    keys,
    get running() {
      return running;
    },
    async generate(instance, merchantId) {
      const keyId = `key-${++keysMade}` as KeyId;
      const key = { hash: keyId as string as KeyHash, visiblePrefix: '', createdAt: new Date(0) };
      return record(
        instance,
        () => instance.store.activate(merchantId as MerchantId, key),
        (answered) => {
          if (answered.outcome === 'ok') keys.push(keyId);
          return { kind: 'generate', merchantId, ...answered, keyId: answered.outcome === 'ok' ? keyId : undefined };
        },
      );
    },
    revoke: (instance, merchantId) =>
      record(
        instance,
        () => instance.store.revoke(merchantId as MerchantId, new Date(0)),
        (answered, everHadKey) => {
          const outcome = everHadKey === false ? 'not_found' : answered.outcome;
          return { kind: 'revoke', merchantId, ...answered, outcome };
        },
      ),
    async validate(instance, keyId) {
      await record(
        instance,
        () => instance.store.lookup(keyId as string as KeyHash),
        (answered, state) => ({ kind: 'validate', keyId, ...answered, verdict: toVerdict(state) }),
      );
    },
    history: () => operations.slice(),
  };
}

/** What the caller sees: a call on a process that crashes is lost. */
async function outcomeOf<T>(
  life: Instance['life'],
  call: () => Promise<T> | T,
): Promise<{ readonly outcome: Outcome; readonly value?: T }> {
  const lost = new Promise<{ readonly outcome: Outcome }>((resolve) => {
    if (life.crashed) resolve({ outcome: 'lost' });
    else life.onCrash(() => resolve({ outcome: 'lost' }));
  });
  if (life.crashed) return lost;
  const answered = life
    .arrive('a call')
    .then(call)
    .then(
      (value) => ({ outcome: 'ok', value }),
      (error: unknown) => ({ outcome: toServiceError(error).code }),
    );
  return Promise.race([lost, answered]);
}

function toVerdict(state: KeyState | undefined): Verdict | undefined {
  switch (state?.status) {
    case undefined:
      return undefined;
    case 'active':
      return { valid: true, merchantId: state.merchantId };
    case 'revoked':
      return { valid: false, reason: 'REVOKED' };
    case 'unknown':
      return { valid: false, reason: 'NOT_FOUND' };
  }
}
