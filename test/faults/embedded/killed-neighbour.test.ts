import { join } from 'node:path';
import { expect } from 'chai';
import { open } from 'lmdb';
import { generate, revoke, validate } from '../../../testkit/clients/each-transport.ts';
import type { RpcClient } from '../../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../../testkit/clients/rpc-transports.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { bearer } from '../../../testkit/service/tokens.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';

const ROUNDS = 4;
const WRITERS = 8;
/** Changes that each side has made when one of them is killed. */
const CHANGES_BEFORE_KILL = 60;
const CHANGES_TIMEOUT_MS = 8_000;
/** A change that waits for a lock of the killed process would wait for ever. */
const NEXT_CHANGE_MS = 5_000;

/** What the store says of a merchant, and of a key: its merchant while it is active, then when it was revoked. */
interface StoredMerchant {
  readonly active?: { readonly hash: string };
  readonly retired: readonly string[];
}
type StoredKey = string | number;

/** Reads every record of a store that no process has open. */
async function readStore(path: string) {
  const root = open({ path, maxDbs: 2, readOnly: true });
  try {
    const merchants = root.openDB<StoredMerchant, string>({ name: 'merchants' });
    const keys = root.openDB<StoredKey, string>({ name: 'keys' });
    return {
      merchants: new Map([...merchants.getRange()].map(({ key, value }) => [key, value])),
      keys: new Map([...keys.getRange()].map(({ key, value }) => [key, value])),
    };
  } finally {
    await root.close();
  }
}

/** Makes and revokes the keys of one merchant until the service is gone. Returns how many changes it made. */
async function changeForever(client: RpcClient, merchantId: string, authorization: string, onChange: () => void) {
  try {
    for (;;) {
      await client.call(generate, { merchantId }, { authorization });
      onChange();
      if (Math.random() < 0.3) await client.call(revoke, { merchantId }, { authorization });
    }
  } catch {
    // Killed: its caller knows.
  }
}

describe('Two services on one data directory, one of which is killed in the midst of changes', () => {
  const services = shareServices();

  it(`the other one goes on, and the store is whole (${ROUNDS} times)`, async () => {
    const authorization = await bearer();
    const transport = grpcJsTransport('gRPC port');

    for (let round = 0; round < ROUNDS; round++) {
      const [victim, survivor] = await Promise.all([services.start(), services.start()]);
      const clients = [transport.connect(victim), transport.connect(survivor)] as const;
      const made = [0, 0];
      const changing = clients.flatMap((client, side) =>
        Array.from({ length: WRITERS }, (_, writer) =>
          changeForever(client, `m${writer}`, authorization, () => {
            made[side] = (made[side] ?? 0) + 1;
          }),
        ),
      );
      await waitUntil('changes of both', () => expect(Math.min(...made)).to.be.above(CHANGES_BEFORE_KILL), {
        timeoutMs: CHANGES_TIMEOUT_MS,
        intervalMs: 1,
      });

      await victim.end('SIGKILL');
      const options = { authorization, timeoutMs: NEXT_CHANGE_MS };
      const { key: apiKey } = await clients[1].call(generate, { merchantId: 'last' }, options);
      const { valid } = await clients[1].call(validate, { apiKey }, { timeoutMs: NEXT_CHANGE_MS });
      await survivor.end('SIGKILL');
      await Promise.all(changing);
      for (const client of clients) client.close();

      expect(valid).to.equal(true);
      const { merchants, keys } = await readStore(join(services.directory(), 'data', 'keys.lmdb'));
      const active = [...keys].filter(([, value]) => typeof value === 'string');
      const revoked = [...keys].filter(([, value]) => typeof value === 'number');
      const activeOfMerchants = [...merchants].flatMap(([id, record]) =>
        record.active ? [[record.active.hash, id]] : [],
      );
      expect(active).to.have.deep.members(activeOfMerchants);
      expect(revoked.map(([hash]) => hash)).to.have.members(
        [...merchants.values()].flatMap((record) => record.retired),
      );
      expect(revoked).to.have.length.above(0);
      expect(activeOfMerchants).to.have.length.above(0);
    }
  }).timeout(60_000);
});
