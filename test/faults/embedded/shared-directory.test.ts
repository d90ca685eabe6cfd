import { timestampDate } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { Reason } from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { generate, info, newMerchant, revoke, validate } from '../../../testkit/clients/each-transport.ts';
import type { RpcClient } from '../../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../../testkit/clients/rpc-transports.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { bearer } from '../../../testkit/service/tokens.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';

const ROUNDS = 1_000;
/** Rounds that run at once, each with a merchant of its own: otherwise they would wait for the disk one by one. */
const AT_ONCE = 8;
const ROUNDS_TIMEOUT_MS = 60_000;
const CONTENDED_ROUNDS = 20;
const GENERATES_OF_EACH = 6;
/** Uses are stored at most this much later. */
const LAST_USED_MS = 1_500;

describe('Two services on one data directory', () => {
  const services = shareServices();
  let clients: readonly [RpcClient, RpcClient];
  let authorization: string;

  beforeEach(async () => {
    const started = await Promise.all([services.start(), services.start()]);
    const transport = grpcJsTransport('gRPC port');
    clients = [transport.connect(started[0]), transport.connect(started[1])];
    authorization = await bearer();
  });

  afterEach(() => {
    for (const client of clients) client.close();
  });

  it(`agree at once: what one has acknowledged, the other's very next answer knows (${ROUNDS} rounds)`, async () => {
    const wrong: string[] = [];
    let nextRound = 0;

    async function playRounds(): Promise<void> {
      const merchantId = newMerchant();
      for (let round = nextRound++; round < ROUNDS; round = nextRound++) {
        const [one, other] = round % 2 === 0 ? clients : ([clients[1], clients[0]] as const);
        const { key } = await one.call(generate, { merchantId }, { authorization });
        if (!(await other.call(validate, { apiKey: key })).valid) wrong.push(`round ${round}: a new key is unknown`);
        const { prefix } = await other.call(info, { merchantId }, { authorization });
        if (!key.startsWith(prefix)) wrong.push(`round ${round}: Info describes another key`);

        await one.call(revoke, { merchantId }, { authorization });
        const { reason } = await other.call(validate, { apiKey: key });
        if (reason !== Reason.REVOKED) wrong.push(`round ${round}: a revoked key is ${Reason[reason]}`);
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, playRounds));

    expect(wrong).to.deep.equal([]);
    expect(nextRound).to.be.at.least(ROUNDS);
  }).timeout(ROUNDS_TIMEOUT_MS);

  it(`agree at once on a replaced key (${CONTENDED_ROUNDS * 5} rounds)`, async () => {
    const merchantId = newMerchant();
    let { key: old } = await clients[0].call(generate, { merchantId }, { authorization });

    for (let round = 0; round < CONTENDED_ROUNDS * 5; round++) {
      const [one, other] = round % 2 === 0 ? clients : ([clients[1], clients[0]] as const);
      const { key } = await one.call(generate, { merchantId }, { authorization });

      const verdicts = await Promise.all([old, key].map((apiKey) => other.call(validate, { apiKey })));

      expect(verdicts.map(({ reason }) => reason)).to.deep.equal([Reason.REVOKED, Reason.UNSPECIFIED]);
      old = key;
    }
  });

  it('both show the newest last use within about a second, whichever of them saw it', async () => {
    const merchantId = newMerchant();
    const { key } = await clients[0].call(generate, { merchantId }, { authorization });

    for (const user of [...clients, ...clients]) {
      const beforeMs = Date.now();
      await user.call(validate, { apiKey: key });
      const afterMs = Date.now();

      for (const client of clients) {
        await waitUntil(
          'the use is shown',
          async () => {
            const { lastUsedAt } = await client.call(info, { merchantId }, { authorization });
            expect(lastUsedAt && timestampDate(lastUsedAt).getTime()).to.be.within(beforeMs, afterMs);
          },
          { timeoutMs: LAST_USED_MS },
        );
      }
    }
  });

  it(`leave exactly one valid key, when both make keys for one merchant at once (${CONTENDED_ROUNDS} rounds)`, async () => {
    const merchantId = newMerchant();

    for (let round = 0; round < CONTENDED_ROUNDS; round++) {
      const making = Array.from({ length: GENERATES_OF_EACH }, () =>
        clients.map((client) => client.call(generate, { merchantId }, { authorization })),
      );
      const keys = (await Promise.all(making.flat())).map(({ key }) => key);

      const seen = await Promise.all(
        clients.map((client) => Promise.all(keys.map((apiKey) => client.call(validate, { apiKey })))),
      );
      const described = await Promise.all(
        clients.map((client) => client.call(info, { merchantId }, { authorization })),
      );

      const valid = seen.map((verdicts) => keys.filter((_, index) => verdicts[index]?.valid));
      const others = seen.flatMap((verdicts) => verdicts.filter(({ valid }) => !valid));
      expect(valid[0]).to.have.length(1);
      expect(valid[1]).to.deep.equal(valid[0]);
      expect(new Set(others.map(({ reason }) => reason))).to.deep.equal(new Set([Reason.REVOKED]));
      for (const { prefix } of described) expect(valid[0]?.[0]?.startsWith(prefix)).to.equal(true);
    }
  });
});
