import { expect } from 'chai';
import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import { createFillToken } from '../../src/store/redis/entry.ts';
import { waitUntil } from '../../testkit/wait-until.ts';
import { ACTIVE, type CacheFixture, fillEntry, newEntryKey, TTL_MS } from './cache-fixture.ts';
import { outcomeOf } from './outcome.ts';

const CLOSED_TIMEOUT_MS = 5_000;
const ROUNDS = 50;

/** What a closed connection does: nothing, ever again. */
export function describeConnectionEnd(fixture: () => CacheFixture): void {
  describe('onClosed', () => {
    it('calls each listener back once when the cache closes the connection', async () => {
      const connection = await fixture().connect();
      const calls: string[] = [];
      connection.onClosed(() => calls.push('first'));
      connection.onClosed(() => calls.push('second'));
      expect(calls).to.deep.equal([]);

      await fixture().closeConnections();
      await waitUntil('both are called', () => calls.length >= 2, { timeoutMs: CLOSED_TIMEOUT_MS });
      connection.close();

      expect(calls).to.deep.equal(['first', 'second']);
    });

    it('calls back when the process ends', async () => {
      const connection = await fixture().connect();
      const closed = closing(connection);

      await fixture().restart();

      await closed;
    });

    it('calls back when the connection is closed from this side', async () => {
      const connection = await fixture().connect();
      const closed = closing(connection);

      connection.close();

      await closed;
    });

    it('calls back at once where the connection is closed already', async () => {
      const connection = await fixture().connect();
      const closed = closing(connection);
      await fixture().closeConnections();
      await closed;

      let called = false;
      connection.onClosed(() => {
        called = true;
      });

      expect(called).to.equal(true);
    });
  });

  describe('a closed connection', () => {
    it('rejects every command, from the call of close on', async () => {
      const connection = await fixture().connect();

      connection.close();

      expect(await outcomesOfAll(connection)).to.deep.equal(Array(5).fill('rejected'));
    });

    it('rejects every command when the cache closed it', async () => {
      const connection = await fixture().connect();
      const closed = closing(connection);
      await fixture().closeConnections();
      await closed;

      expect(await outcomesOfAll(connection)).to.deep.equal(Array(5).fill('rejected'));
    });

    it('is not opened again, and what was refused is not done later', async () => {
      const [closedOne, key] = [await fixture().connect(), newEntryKey()];
      await fixture().closeConnections();
      const other = await fixture().connect();
      await fillEntry(other, key, ACTIVE);

      for (let round = 0; round < ROUNDS; round++) {
        expect(await outcomeOf(closedOne.remove(key))).to.equal('rejected');
        // As long as it takes to open another one, again and again: a client that reconnects has done so by then.
        (await fixture().connect()).close();
      }

      expect(await other.read(key)).to.deep.equal(ACTIVE);
    });

    it('may be closed again', async () => {
      const connection = await fixture().connect();

      connection.close();
      connection.close();
    });
  });
}

function closing(connection: CacheConnection): Promise<void> {
  return new Promise((resolve) => connection.onClosed(resolve));
}

function outcomesOfAll(connection: CacheConnection): Promise<string[]> {
  const key = newEntryKey();
  return Promise.all([
    outcomeOf(connection.identify()),
    outcomeOf(connection.read(key)),
    outcomeOf(connection.placeFillToken(key, createFillToken(), TTL_MS)),
    outcomeOf(connection.fill(key, createFillToken(), ACTIVE, TTL_MS)),
    outcomeOf(connection.remove(key)),
  ]);
}
