import { describeCacheEntries } from './cache-entries-contract.ts';
import type { CacheFixture } from './cache-fixture.ts';
import { describeCacheIdentity } from './cache-identity-contract.ts';
import { describeConnectionEnd } from './connection-end-contract.ts';

/** The promises of the port {@link CacheConnection}, checked on any implementation. */
export function describeCacheConnectionContract(name: string, createFixture: () => Promise<CacheFixture>): void {
  describe(`${name} keeps the promises of a cache connection`, () => {
    let fixture: CacheFixture;

    beforeEach(async () => {
      fixture = await createFixture();
    });

    afterEach(() => fixture.dispose());

    describeCacheEntries(() => fixture);
    describeCacheIdentity(() => fixture);
    describeConnectionEnd(() => fixture);
  });
}
