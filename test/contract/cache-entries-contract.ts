import { expect } from 'chai';
import type { Generation } from '../../src/revocation/cache-registry.ts';
import { createFillToken } from '../../src/store/redis/entry.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import {
  ACTIVE,
  type CacheFixture,
  fillEntry,
  newEntryKey,
  placeToken,
  REVOKED,
  TTL_MS,
  UNKNOWN,
} from './cache-fixture.ts';

const OTHER_GENERATION = 'another-generation' as Generation;

/** What the commands of a connection do to the entries of its cache. */
export function describeCacheEntries(fixture: () => CacheFixture): void {
  describePlaceFillToken(fixture);
  describeFill(fixture);
  describeRemove(fixture);
  describeTimeToLive(fixture);
}

function describePlaceFillToken(fixture: () => CacheFixture): void {
  describe('placeFillToken', () => {
    it('places a token where there is nothing', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      expect(await connection.read(key)).to.equal(undefined);

      const placed = await connection.placeFillToken(key, createFillToken(), TTL_MS);

      expect(placed).to.equal(true);
      expect(await connection.read(key)).to.deep.equal({ status: 'filling' });
    });

    it('leaves the token of another fill, which goes on', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const token = await placeToken(connection, key);

      const placed = await connection.placeFillToken(key, createFillToken(), TTL_MS);
      await connection.fill(key, token, ACTIVE, TTL_MS);

      expect(placed).to.equal(false);
      expect(await connection.read(key)).to.deep.equal(ACTIVE);
    });

    it('leaves a verdict', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      await fillEntry(connection, key, ACTIVE);

      const placed = await connection.placeFillToken(key, createFillToken(), TTL_MS);

      expect(placed).to.equal(false);
      expect(await connection.read(key)).to.deep.equal(ACTIVE);
    });

    it('is won by one of many that come at once', async () => {
      const connections = await Promise.all(Array.from({ length: 5 }, () => fixture().connect()));
      const key = newEntryKey();

      const placed = await Promise.all(connections.map((each) => each.placeFillToken(key, createFillToken(), TTL_MS)));

      expect(placed.filter(Boolean)).to.have.length(1);
    });
  });
}

function describeFill(fixture: () => CacheFixture): void {
  describe('fill', () => {
    for (const state of [ACTIVE, REVOKED]) {
      it(`replaces its own token by the verdict “${state.status}”, for every connection`, async () => {
        const [connection, other] = [await fixture().connect(), await fixture().connect()];
        const key = newEntryKey();
        const token = await placeToken(connection, key);

        await connection.fill(key, token, state, TTL_MS);

        expect(await other.read(key)).to.deep.equal(state);
      });
    }

    it('removes its own token where the key is unknown', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const token = await placeToken(connection, key);

      await connection.fill(key, token, UNKNOWN, TTL_MS);

      expect(await connection.read(key)).to.equal(undefined);
    });

    for (const state of [ACTIVE, UNKNOWN]) {
      it(`does nothing to the token of another fill, with the verdict “${state.status}”`, async () => {
        const connection = await fixture().connect();
        const key = newEntryKey();
        await placeToken(connection, key);

        await connection.fill(key, createFillToken(), state, TTL_MS);

        expect(await connection.read(key)).to.deep.equal({ status: 'filling' });
      });

      it(`does nothing to a verdict that is there, with the verdict “${state.status}”`, async () => {
        const connection = await fixture().connect();
        const key = newEntryKey();
        const token = await placeToken(connection, key);
        await connection.fill(key, token, REVOKED, TTL_MS);

        await connection.fill(key, token, state, TTL_MS);

        expect(await connection.read(key)).to.deep.equal(REVOKED);
      });
    }

    it('leaves nothing behind a removal that came between token and verdict', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const token = await placeToken(connection, key);
      await connection.remove(key);

      await connection.fill(key, token, ACTIVE, TTL_MS);

      expect(await connection.read(key)).to.equal(undefined);
    });

    it('leaves what a second fill placed after a removal', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const removed = await placeToken(connection, key);
      await connection.remove(key);
      await fillEntry(connection, key, REVOKED);

      await connection.fill(key, removed, ACTIVE, TTL_MS);

      expect(await connection.read(key)).to.deep.equal(REVOKED);
    });
  });
}

function describeRemove(fixture: () => CacheFixture): void {
  describe('remove', () => {
    it('removes a verdict, and takes it that there is none', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      await fillEntry(connection, key, ACTIVE);

      await connection.remove(key);
      await connection.remove(key);

      expect(await connection.read(key)).to.equal(undefined);
    });

    it('removes under the given generation only', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const sameKeyElsewhere = { ...key, generation: OTHER_GENERATION };
      await fillEntry(connection, key, ACTIVE);
      await fillEntry(connection, sameKeyElsewhere, ACTIVE);

      await connection.remove(sameKeyElsewhere);

      expect(await connection.read(key)).to.deep.equal(ACTIVE);
      expect(await connection.read(sameKeyElsewhere)).to.equal(undefined);
    });

    it('removes the one hash only', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const otherHash = { ...key, hash: newEntryKey().hash };
      await fillEntry(connection, key, ACTIVE);
      await fillEntry(connection, otherHash, ACTIVE);

      await connection.remove(otherHash);

      expect(await connection.read(key)).to.deep.equal(ACTIVE);
    });
  });
}

function describeTimeToLive(fixture: () => CacheFixture): void {
  const [SHORT_MS, LONG_MS] = [20, 100_000];

  describe('the time to live', () => {
    it('of a token is the one that it was placed with', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();

      await connection.placeFillToken(key, createFillToken(), LONG_MS);

      expect(await fixture().remainingMs(key)).to.be.within(LONG_MS / 2, LONG_MS);
    });

    it('of a filled entry is its own, and not that of its token', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      const token = createFillToken();
      await connection.placeFillToken(key, token, LONG_MS * 4);

      await connection.fill(key, token, ACTIVE, LONG_MS);

      expect(await fixture().remainingMs(key)).to.be.within(LONG_MS / 2, LONG_MS);
    });

    it('of an entry is not extended when it is read', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      await connection.placeFillToken(key, createFillToken(), SHORT_MS);

      await waitUntil(
        'the entry is gone',
        async () => {
          fixture().advance(SHORT_MS / 4);
          return (await connection.read(key)) === undefined;
        },
        { timeoutMs: 5_000, intervalMs: 1 },
      );

      expect(await connection.placeFillToken(key, createFillToken(), TTL_MS)).to.equal(true);
    });
  });
}
