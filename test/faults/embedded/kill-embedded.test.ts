import { expect } from 'chai';
import { Reason } from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { generate, info, revoke, validate } from '../../../testkit/clients/each-transport.ts';
import { failureOf, type RpcClient, RpcFailure } from '../../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../../testkit/clients/rpc-transports.ts';
import type { ServiceProcess } from '../../../testkit/service/service-process.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { bearer } from '../../../testkit/service/tokens.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';

const ROUNDS = 3;
const ROUNDS_TIMEOUT_MS = 60_000;
const MERCHANTS = 16;
/** Changes that must have been acknowledged before a round's kill, which then comes in the middle of others. */
const CHANGES_BEFORE_KILL = 150;
const CHANGES_TIMEOUT_MS = 8_000;
const REVOKE_EVERY = 3;
/** Every second merchant makes so few changes in a round that all of them are acknowledged before the kill. */
const QUIET_CHANGES = [3, 4, 5];

/** What a merchant's clients know of its keys. */
interface Ledger {
  readonly merchantId: string;
  /** Most changes in a round. */
  readonly maxChanges: number;
  /** The key that the last acknowledged change left; undefined after a revocation. */
  active: string | undefined;
  /** Keys that an acknowledged change has ended. */
  readonly revoked: string[];
  /** Whether a change was under way at the kill: it may or may not have happened. */
  cutOff: 'generate' | 'revoke' | undefined;
}

/** Changes the merchant's key again and again until its changes are made or the service is gone. */
async function changeUntilCut(client: RpcClient, ledger: Ledger, authorization: string, onChange: () => void) {
  const { merchantId, maxChanges } = ledger;
  for (let change = 1; change <= maxChanges; change++) {
    const isRevoke = change % REVOKE_EVERY === 0;
    ledger.cutOff = isRevoke ? 'revoke' : 'generate';
    try {
      const key = isRevoke
        ? await client.call(revoke, { merchantId }, { authorization }).then(() => undefined)
        : (await client.call(generate, { merchantId }, { authorization })).key;
      if (ledger.active !== undefined) ledger.revoked.push(ledger.active);
      ledger.active = key;
      ledger.cutOff = undefined;
      onChange();
    } catch (error) {
      if (error instanceof RpcFailure && error.status === 'UNAVAILABLE') return;
      throw error;
    }
  }
}

/** Runs changes of every merchant at once, and kills the service in their midst. */
async function killAmidChanges(service: ServiceProcess, ledgers: readonly Ledger[], authorization: string) {
  const client = grpcJsTransport('gRPC port').connect(service);
  let acknowledged = 0;
  const onChange = () => {
    acknowledged++;
  };
  const changing = ledgers.map((ledger) => changeUntilCut(client, ledger, authorization, onChange));
  await waitUntil('changes', () => expect(acknowledged).to.be.above(CHANGES_BEFORE_KILL), {
    timeoutMs: CHANGES_TIMEOUT_MS,
    intervalMs: 1,
  });
  await service.end('SIGKILL');
  await Promise.all(changing);
  client.close();
}

/** Asserts that the store holds what was acknowledged, and settles what was not by what is found. */
async function verify(client: RpcClient, ledger: Ledger, authorization: string): Promise<void> {
  const { merchantId, active, revoked, cutOff } = ledger;
  const current = await client.call(info, { merchantId }, { authorization }).catch((error: RpcFailure) => {
    expect(error.status).to.equal('NOT_FOUND');
    return undefined;
  });

  for (const key of revoked) {
    const { reason } = await client.call(validate, { apiKey: key });
    expect(reason, 'a key whose end was acknowledged').to.equal(Reason.REVOKED);
  }
  if (active !== undefined) {
    const { valid, reason } = await client.call(validate, { apiKey: active });
    if (cutOff === undefined) expect(valid, 'a key whose making was acknowledged').to.equal(true);
    // Either the change that was cut off has happened as a whole, or not at all.
    else expect(reason).to.be.oneOf([Reason.UNSPECIFIED, Reason.REVOKED]);
    if (valid) expect(current?.prefix, 'the one active key').to.equal(active.slice(0, current?.prefix.length));
    else if (cutOff === 'generate') expect(current?.prefix, 'the key that replaced it').not.to.equal(undefined);
    else expect(current, 'a revoked merchant').to.equal(undefined);
  } else if (cutOff !== 'generate') expect(current, 'a revoked merchant').to.equal(undefined);
}

describe('The embedded store', () => {
  const services = shareServices();

  it(`keeps every acknowledged change, and whole ones only, when its process is killed (${ROUNDS} times)`, async () => {
    const authorization = await bearer();
    const ledgers = Array.from({ length: MERCHANTS }, (_, index): Ledger => {
      const maxChanges =
        index % 2 === 0 ? Number.POSITIVE_INFINITY : (QUIET_CHANGES[index % QUIET_CHANGES.length] ?? 0);
      return { merchantId: `m${index}`, maxChanges, active: undefined, revoked: [], cutOff: undefined };
    });

    for (let round = 0; round < ROUNDS; round++) {
      await killAmidChanges(await services.start(), ledgers, authorization);

      const reopened = await services.start();
      const client = grpcJsTransport('gRPC port').connect(reopened);
      expect(new Set(ledgers.map(({ cutOff }) => cutOff === undefined)).size, 'quiet and busy merchants').to.equal(2);
      await Promise.all(ledgers.map((ledger) => verify(client, ledger, authorization)));

      for (const ledger of ledgers) await settle(client, ledger, authorization);
      client.close();
      await reopened.end('SIGKILL');
    }

    expect(ledgers.flatMap(({ revoked }) => revoked)).to.have.length.above((ROUNDS * CHANGES_BEFORE_KILL) / 3);
  }).timeout(ROUNDS_TIMEOUT_MS);
});

/** Ends what the merchant has, so that the next round begins from what is known. */
async function settle(client: RpcClient, ledger: Ledger, authorization: string): Promise<void> {
  const { merchantId, active } = ledger;
  await client.call(revoke, { merchantId }, { authorization });
  const failure = await failureOf(client.call(info, { merchantId }, { authorization }));
  expect(failure.status).to.equal('NOT_FOUND');
  if (active !== undefined) ledger.revoked.push(active);
  ledger.active = undefined;
  ledger.cutOff = undefined;
}
