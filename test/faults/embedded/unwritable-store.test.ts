import { timestampDate } from '@bufbuild/protobuf/wkt';
import { expect } from 'chai';
import { Reason } from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { generate, info, newMerchant, revoke, validate } from '../../../testkit/clients/each-transport.ts';
import { failureOf, type RpcClient, RpcFailure } from '../../../testkit/clients/rpc-client.ts';
import { grpcJsTransport } from '../../../testkit/clients/rpc-transports.ts';
import type { ServiceProcess } from '../../../testkit/service/service-process.ts';
import { shareServices } from '../../../testkit/service/shared-services.ts';
import { bearer } from '../../../testkit/service/tokens.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';
import { childrenOf, limitFileSize } from './file-size-limit.ts';

const NOTHING_FITS = 0;
const CHANGES_AT_ONCE = 1_000;
/** Changes are tried again soon after the last one that failed. */
const RECOVERY = { timeoutMs: 10_000 };
/** What a change may answer that could not be written. */
const REFUSALS = ['UNAVAILABLE', 'OUTCOME_UNKNOWN'];
const KILLS = 4;

describe('An embedded store that cannot be written', () => {
  const services = shareServices();
  const clients: RpcClient[] = [];
  let authorization: string;

  beforeEach(async () => {
    authorization = await bearer();
  });

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  async function start(): Promise<{ readonly service: ServiceProcess; readonly client: RpcClient }> {
    const service = await services.start();
    const client = grpcJsTransport('gRPC port').connect(service);
    clients.push(client);
    return { service, client };
  }

  const generateKey = async (client: RpcClient, merchantId: string) =>
    (await client.call(generate, { merchantId }, { authorization })).key;
  const reasonOf = async (client: RpcClient, apiKey: string) => (await client.call(validate, { apiKey })).reason;
  const reasonsOfFailure = async (call: Promise<unknown>) => {
    const { status, errorInfos } = await failureOf(call);
    return [status, ...errorInfos.map(({ reason }) => reason)];
  };

  it('refuses each change, serves every read, and takes changes again when it can, without a restart', async () => {
    const { service, client } = await start();
    const key = await generateKey(client, 'm1');
    const revoked = await generateKey(client, 'm2');
    await client.call(revoke, { merchantId: 'm2' }, { authorization });

    limitFileSize(service, NOTHING_FITS);
    for (let round = 0; round < 5; round++) {
      const refusals = [
        await reasonsOfFailure(generateKey(client, 'm1')),
        await reasonsOfFailure(client.call(revoke, { merchantId: 'm1' }, { authorization })),
        await reasonsOfFailure(generateKey(client, `new-${round}`)),
      ];
      for (const [status, reason] of refusals) {
        expect(status).to.equal('UNAVAILABLE');
        expect(reason).to.be.oneOf(REFUSALS);
      }
      expect(await reasonOf(client, key)).to.equal(Reason.UNSPECIFIED);
      expect(await reasonOf(client, revoked)).to.equal(Reason.REVOKED);
      expect(key).to.match(new RegExp(`^${(await client.call(info, { merchantId: 'm1' }, { authorization })).prefix}`));
      expect((await fetch(`${service.adminUrl}/readyz`)).status, 'ready for reads').to.equal(200);
    }

    limitFileSize(service, 'unlimited');
    const replacement = await waitUntil('a change', () => generateKey(client, 'm1'), RECOVERY);
    await client.call(revoke, { merchantId: 'm1' }, { authorization });
    const last = await generateKey(client, 'm3');

    expect(await service.end('SIGTERM')).to.equal(0);
    const { client: reopened } = await start();
    const verdicts = await Promise.all([key, replacement, revoked, last].map((each) => reasonOf(reopened, each)));
    expect(verdicts).to.deep.equal([Reason.REVOKED, Reason.REVOKED, Reason.REVOKED, Reason.UNSPECIFIED]);
  });

  it(`refuses ${CHANGES_AT_ONCE} changes at once, and loses none that it acknowledged`, async () => {
    const { service, client } = await start();
    const acknowledged: string[] = [];
    const refused = new Set<string>();
    const changeMany = (round: string) =>
      Promise.all(
        Array.from({ length: CHANGES_AT_ONCE }, async (_, index) => {
          try {
            acknowledged.push(await generateKey(client, `${round}-${index}`));
          } catch (error) {
            if (!(error instanceof RpcFailure)) throw error;
            refused.add(error.status);
          }
        }),
      );

    const changing = changeMany('between');
    limitFileSize(service, NOTHING_FITS);
    await changing;
    const acknowledgedBetween = acknowledged.length;
    await changeMany('full');
    expect(acknowledged, 'while nothing can be written').to.have.length(acknowledgedBetween);
    expect([...refused]).to.deep.equal(['UNAVAILABLE']);
    limitFileSize(service, 'unlimited');
    await waitUntil('a change', () => generateKey(client, 'm1'), RECOVERY);
    await changeMany('after');
    await service.end('SIGKILL');

    const { client: reopened } = await start();
    const verdicts = await Promise.all(acknowledged.map((key) => reasonOf(reopened, key)));
    expect(acknowledged).to.have.length(acknowledgedBetween + CHANGES_AT_ONCE);
    expect(new Set(verdicts)).to.deep.equal(new Set([Reason.UNSPECIFIED]));
  });

  it('keeps the last use until it can be stored', async () => {
    const { service, client } = await start();
    const key = await generateKey(client, 'm1');
    limitFileSize(service, NOTHING_FITS);
    const beforeMs = Date.now();
    await reasonOf(client, key);
    const afterMs = Date.now();
    await waitUntil(
      'a flush has failed',
      async () => {
        const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
        expect(metrics).to.match(/^iterapay_keys_last_used_flush_failures_total [1-9]/m);
      },
      RECOVERY,
    );

    limitFileSize(service, 'unlimited');
    const { client: neighbour } = await start();
    await waitUntil(
      'it is stored',
      async () => {
        const { lastUsedAt } = await neighbour.call(info, { merchantId: 'm1' }, { authorization });
        expect(lastUsedAt && timestampDate(lastUsedAt).getTime()).to.be.within(beforeMs, afterMs);
      },
      RECOVERY,
    );
  });

  it('ends cleanly at SIGTERM, with uses that cannot be stored', async () => {
    const { service, client } = await start();
    const key = await generateKey(client, 'm1');
    limitFileSize(service, NOTHING_FITS);
    await reasonOf(client, key);

    expect(await service.end('SIGTERM')).to.equal(0);
  });

  it('is shared with another service, which goes on; what either acknowledges, both know', async () => {
    const [limited, free] = [await start(), await start()];
    const both = [limited.client, free.client];
    const old = await generateKey(limited.client, 'm1');

    limitFileSize(limited.service, NOTHING_FITS);
    const refused = async () =>
      expect(await reasonsOfFailure(generateKey(limited.client, 'm1'))).to.include('UNAVAILABLE');
    await refused();
    const made = await generateKey(free.client, 'm1');
    await refused();
    for (const client of both) {
      expect(await reasonOf(client, old)).to.equal(Reason.REVOKED);
      expect(await reasonOf(client, made)).to.equal(Reason.UNSPECIFIED);
    }
    limitFileSize(free.service, NOTHING_FITS);
    for (const client of both) {
      expect(await reasonsOfFailure(generateKey(client, 'm1'))).to.include('UNAVAILABLE');
      expect(await reasonOf(client, made)).to.equal(Reason.UNSPECIFIED);
    }

    for (const { service } of [limited, free]) limitFileSize(service, 'unlimited');
    const last: string[] = [];
    for (const client of both) {
      last.push(await waitUntil('a change', () => generateKey(client, 'm1'), RECOVERY));
    }
    for (const client of both) {
      const verdicts = await Promise.all([old, made, ...last].map((key) => reasonOf(client, key)));
      expect(verdicts).to.deep.equal([Reason.REVOKED, Reason.REVOKED, Reason.REVOKED, Reason.UNSPECIFIED]);
    }
  });
});

describe('The process that writes the embedded store', () => {
  const services = shareServices();

  it('may be killed at any time: another one takes its place, and no acknowledged change is lost', async () => {
    const authorization = await bearer();
    const service = await services.start();
    const client = grpcJsTransport('gRPC port').connect(service);
    const acknowledged: string[] = [];
    const killed = new Set<number>();
    let changing = true;
    const change = async () => {
      while (changing) {
        try {
          acknowledged.push((await client.call(generate, { merchantId: newMerchant() }, { authorization })).key);
        } catch (error) {
          if (!(error instanceof RpcFailure && error.status === 'UNAVAILABLE')) throw error;
        }
      }
    };
    const changes = Array.from({ length: 8 }, change);

    for (let round = 0; round < KILLS; round++) {
      const known = acknowledged.length;
      await waitUntil('changes', () => expect(acknowledged.length).to.be.above(known + 20), RECOVERY);
      for (const pid of childrenOf(service.child.pid)) {
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
      expect((await client.call(validate, { apiKey: acknowledged.at(-1) ?? '' })).valid).to.equal(true);
    }
    changing = false;
    await Promise.all(changes);
    client.close();
    expect(await service.end('SIGTERM')).to.equal(0);

    const again = await services.start();
    const reopened = grpcJsTransport('gRPC port').connect(again);
    const verdicts = await Promise.all(acknowledged.map((apiKey) => reopened.call(validate, { apiKey })));
    reopened.close();
    expect(killed.size).to.equal(KILLS);
    expect(verdicts.filter(({ valid }) => !valid)).to.deep.equal([]);
  });

  it('goes on until the service has stored what it promised, when both get SIGTERM', async () => {
    const service = await services.start();
    const authorization = await bearer();
    const client = grpcJsTransport('gRPC port').connect(service);
    const { key: apiKey } = await client.call(generate, { merchantId: 'm1' }, { authorization });
    const beforeMs = Date.now();
    await client.call(validate, { apiKey });
    const afterMs = Date.now();
    client.close();

    for (const pid of childrenOf(service.child.pid)) {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    }
    expect(await service.end('SIGINT')).to.equal(0);

    const reopened = grpcJsTransport('gRPC port').connect(await services.start());
    const { lastUsedAt } = await reopened.call(info, { merchantId: 'm1' }, { authorization });
    reopened.close();
    expect(lastUsedAt && timestampDate(lastUsedAt).getTime()).to.be.within(beforeMs, afterMs);
  });
});
