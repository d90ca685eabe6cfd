import { expect } from 'chai';
import { ServiceError } from '../../src/core/errors.ts';
import type { Confirmer } from '../../src/revocation/confirmer.ts';
import { settled } from '../../testkit/settled.ts';
import { rejectionOf } from '../unit/rejection.ts';
import {
  type ConfirmerRun,
  createConfirmerRun,
  CONFIRM_POLL_MS as POLL_MS,
  CONFIRM_TIMEOUT_MS as TIMEOUT_MS,
} from './confirmer-run.ts';
import { createRevocationWorld, hashOf, MERCHANT, type RevocationWorld } from './revocation-world.ts';

const KEY = hashOf('key');

describe('The confirmer', () => {
  let world: RevocationWorld;
  let confirmer: Confirmer;
  let begin: ConfirmerRun['begin'];
  let pass: ConfirmerRun['pass'];

  beforeEach(() => {
    world = createRevocationWorld();
    ({ confirmer, begin, pass } = createConfirmerRun(world));
  });

  describe('while the authority is away', () => {
    const failure = new ServiceError('unavailable', 'No primary.');

    it('tries again, and confirms when it is back', async () => {
      await world.commit(['key']);
      world.registry.fail('read', failure);
      const confirming = begin();
      await pass(1_000);
      const whileAway = confirming.outcome();

      world.registry.fail('read', undefined);
      await pass(POLL_MS);

      expect(whileAway).to.equal('under way');
      expect(confirming.outcome()).to.equal('confirmed');
    });

    for (const port of ['registry', 'pending'] as const) {
      it(`gives up in time where it does not answer for the ${port}, and says so`, async () => {
        await world.bindOther();
        await world.commit(['key']);
        const confirming = begin();
        await pass(POLL_MS);
        if (port === 'registry') world.registry.fail('read', failure);
        else world.pending.fail('listOf', failure);

        await pass(TIMEOUT_MS);

        const reason = confirming.outcome() as ServiceError;
        expect(reason).to.be.instanceOf(ServiceError).with.property('code', 'revocation_unconfirmed');
        expect(reason.cause).to.equal(failure);
        expect(confirming.endedAfterMs()).to.be.within(TIMEOUT_MS - 2 * POLL_MS, TIMEOUT_MS);
      });
    }

    it('has confirmed all the same where only the note cannot be removed', async () => {
      await world.commit(['key']);
      world.pending.fail('confirm', failure);

      await confirmer.confirm(MERCHANT, [KEY]);

      expect(world.events.map(([name]) => name)).to.deep.equal(['failedInBackground', 'confirmationEnded']);
      expect(await world.pendingHashes()).to.deep.equal([KEY]);
    });
  });

  describe('once it is stopped', () => {
    it('ends the waits that are under way at once', async () => {
      await world.bindOther();
      await world.commit(['key']);
      const reason = rejectionOf(confirmer.confirm(MERCHANT, [KEY]));
      await settled();

      confirmer.stop();

      expect(await reason)
        .to.be.instanceOf(ServiceError)
        .with.property('code', 'revocation_unconfirmed');
      expect(await world.pendingHashes()).to.deep.equal([KEY]);
    });

    it('still confirms what can be confirmed at once', async () => {
      await world.bind();
      await world.commit(['key']);
      confirmer.stop();

      await confirmer.confirm(MERCHANT, [KEY]);

      expect(await world.pendingHashes()).to.deep.equal([]);
    });
  });
});
