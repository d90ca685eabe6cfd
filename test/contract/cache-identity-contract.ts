import { expect } from 'chai';
import { createFillToken } from '../../src/store/redis/entry.ts';
import { ACTIVE, type CacheFixture, fillEntry, newEntryKey, placeToken, TTL_MS } from './cache-fixture.ts';
import { outcomeOf } from './outcome.ts';

/** Who answers on a connection: which process, in which life and role, and which database of it. */
export function describeCacheIdentity(fixture: () => CacheFixture): void {
  describe('identify', () => {
    it('gives every connection to one database the same identity', async () => {
      const connections = [await fixture().connect(), await fixture().connect()];

      const identities = await Promise.all(connections.map((connection) => connection.identify()));

      expect(identities[0]).to.be.a('string');
      expect(identities[1]).to.equal(identities[0]);
    });

    it('gives a process another identity after a restart', async () => {
      const before = await (await fixture().connect()).identify();

      await fixture().restart();

      const after = await (await fixture().connect()).identify();
      expect(after).to.be.a('string').and.not.to.equal(before);
    });

    it('gives a process another identity also where its entries are back after a restart', async () => {
      const connection = await fixture().connect();
      const before = await connection.identify();
      const key = newEntryKey();
      await fillEntry(connection, key, ACTIVE);

      await fixture().restartWithEntries();

      const again = await fixture().connect();
      expect(await again.read(key)).to.deep.equal(ACTIVE);
      expect(await again.identify())
        .to.be.a('string')
        .and.not.to.equal(before);
    });

    it('does not identify a replica, also on a connection from before', async () => {
      const connection = await fixture().connect();

      await fixture().demote();

      expect(await connection.identify()).to.equal(undefined);
      expect(await (await fixture().connect()).identify()).to.equal(undefined);
    });

    it('gives a process that was promoted another identity, also on a connection from before', async () => {
      const connection = await fixture().connect();
      const before = await connection.identify();
      await fixture().demote();

      await fixture().promote();

      expect(await connection.identify())
        .to.be.a('string')
        .and.not.to.equal(before);
    });
  });

  describe('two databases of one process', () => {
    it('are two caches', async () => {
      const [one, other] = [await fixture().connect(0), await fixture().connect(1)];

      const identities = [await one.identify(), await other.identify()];

      expect(identities[0]).to.be.a('string');
      expect(identities[1]).to.be.a('string').and.not.to.equal(identities[0]);
    });

    it('share no entry', async () => {
      const [one, other] = [await fixture().connect(0), await fixture().connect(1)];
      const key = newEntryKey();
      await fillEntry(one, key, ACTIVE);

      const inOther = await other.read(key);
      await other.remove(key);

      expect(inOther).to.equal(undefined);
      expect(await one.read(key)).to.deep.equal(ACTIVE);
    });
  });

  describe('a replica', () => {
    it('refuses to read: its entries may be an older copy of the primary’s', async () => {
      const connection = await fixture().connect();
      const key = newEntryKey();
      await fillEntry(connection, key, ACTIVE);

      await fixture().demote();

      expect(await outcomeOf(connection.read(key))).to.equal('rejected');
    });

    it('refuses to change anything', async () => {
      const connection = await fixture().connect();
      const [key, filling] = [newEntryKey(), newEntryKey()];
      await fillEntry(connection, key, ACTIVE);
      const token = await placeToken(connection, filling);
      await fixture().demote();

      const outcomes = await Promise.all([
        outcomeOf(connection.placeFillToken(newEntryKey(), createFillToken(), TTL_MS)),
        outcomeOf(connection.fill(filling, token, ACTIVE, TTL_MS)),
        outcomeOf(connection.remove(key)),
      ]);

      expect(outcomes).to.deep.equal(['rejected', 'rejected', 'rejected']);
      await fixture().promote();
      expect(await connection.read(key)).to.deep.equal(ACTIVE);
      expect(await connection.read(filling)).to.deep.equal({ status: 'filling' });
    });
  });
}
