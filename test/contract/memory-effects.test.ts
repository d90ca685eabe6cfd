import { expect } from 'chai';
import type { MerchantId } from '../../src/core/merchant-id.ts';
import type { CacheId, LeaseId } from '../../src/revocation/cache-registry.ts';
import { createManualClock } from '../../testkit/manual-clock.ts';
import { createMemoryAuthority } from '../../testkit/memory/memory-authority.ts';
import { createMemoryCache } from '../../testkit/memory/memory-cache.ts';
import { createMemoryCacheRegistry } from '../../testkit/memory/memory-cache-registry.ts';
import { createMemoryPendingInvalidations } from '../../testkit/memory/memory-pending-invalidations.ts';
import { ACTIVE, newEntryKey, placeToken, TTL_MS } from './cache-fixture.ts';
import { newKey } from './new-key.ts';

const MERCHANT = 'm1' as MerchantId;
const CACHE = 'cache-1-1-0' as CacheId;
const LEASE = 'lease-1' as LeaseId;

/** Nothing is awaited between two calls: each sees the one before it. Simulations place effects by that. */
describe('A call of a port in memory takes effect before it returns its promise', () => {
  it('on the authority and on what is pending', async () => {
    const merchants = new Map();
    const [authority, pending] = [createMemoryAuthority(merchants), createMemoryPendingInvalidations(merchants)];
    const key = newKey();

    const replies = [
      authority.activate(MERCHANT, key),
      authority.lookup(key.hash),
      authority.revoke(MERCHANT, key.createdAt),
      authority.lookup(key.hash),
      pending.confirm(MERCHANT, [key.hash]),
      pending.list(),
      authority.activate(MERCHANT, newKey()),
    ];

    expect(await Promise.all(replies)).to.deep.equal([
      { pending: [] },
      { status: 'active', merchantId: MERCHANT },
      { pending: [key.hash], everHadKey: true },
      { status: 'revoked', revokedAt: key.createdAt },
      undefined,
      [],
      { pending: [] },
    ]);
  });

  it('on the registry', async () => {
    const registry = createMemoryCacheRegistry();

    const registered = registry.register(CACHE, LEASE, TTL_MS);
    const before = registry.read();
    const generation = await registered;
    const renewed = registry.renew(CACHE, generation, LEASE);
    const released = registry.release(CACHE, generation, LEASE);
    const after = registry.read();

    expect((await before)[0]?.leases.get(LEASE)).to.deep.equal({ count: 0, leaseMs: TTL_MS });
    expect(await renewed).to.equal(true);
    await released;
    expect(await after).to.deep.equal([]);
  });

  it('on a cache, also where the connection is closed before the reply comes', async () => {
    const connection = await createMemoryCache({ clock: createManualClock() }).connect();
    const key = newEntryKey();
    const token = await placeToken(connection, key);

    const replies = [connection.fill(key, token, ACTIVE, TTL_MS), connection.read(key), connection.remove(key)];
    const last = connection.read(key);
    connection.close();

    expect(await Promise.all([...replies, last])).to.deep.equal([undefined, ACTIVE, undefined, undefined]);
  });
});
