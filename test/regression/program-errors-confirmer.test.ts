import { expect } from 'chai';
import type { KeyHash } from '../../src/core/api-key.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { PendingInvalidations } from '../../src/revocation/authority.ts';
import type { CacheObserver } from '../../src/revocation/cache-observer.ts';
import type { CacheRegistry } from '../../src/revocation/cache-registry.ts';
import { createConfirmer } from '../../src/revocation/confirmer.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';
import { rejectionOf } from '../unit/rejection.ts';

const TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Waits for a confirmation that needs a registry which throws this each time it is read. */
function confirmWith(clock: ManualClock, failure: Error): Promise<unknown> {
  const observer: Pick<CacheObserver, 'confirmationEnded'> = { confirmationEnded: () => undefined };
  const registry: Pick<CacheRegistry, 'read'> = { read: () => Promise.reject(failure) };
  const confirmer = createConfirmer({
    registry: registry as CacheRegistry,
    pending: {} as PendingInvalidations,
    bindings: { current: () => undefined, isUsable: () => false },
    leaseExpiry: { expire: async () => undefined },
    clock,
    observer: observer as CacheObserver,
    timeoutMs: TIMEOUT_MS,
    pollMs: POLL_MS,
  });
  return rejectionOf(confirmer.confirm('m1' as MerchantId, ['a hash' as KeyHash]));
}

describe('A confirmation', () => {
  it('goes on while the authority does not answer, until its time is over', async () => {
    const clock = createManualClock();
    const away = new ServiceError('unavailable', 'The key store cannot be read at the moment.');

    const confirming = confirmWith(clock, away);
    for (let passedMs = 0; passedMs < TIMEOUT_MS; passedMs += POLL_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(POLL_MS);
    }
    const thrown = await confirming;

    expect(thrown).to.be.instanceOf(ServiceError).and.include({ code: 'revocation_unconfirmed', cause: away });
  });

  it('ends at once with an error of this program, as it is', async () => {
    const programError = new TypeError('undefined is not a function');

    const thrown = await confirmWith(createManualClock(), programError);

    expect(thrown).to.equal(programError);
  });
});
