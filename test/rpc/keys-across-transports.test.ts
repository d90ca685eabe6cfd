import { expect } from 'chai';
import { Reason } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { generate, info, newMerchant, revoke, validate } from '../../testkit/clients/each-transport.ts';
import type { RpcClient } from '../../testkit/clients/rpc-client.ts';
import { RPC_DOORS } from '../../testkit/clients/rpc-transports.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

describe('A key', () => {
  let service: TestService;
  let authorization: string;
  let clients: RpcClient[];

  before(async () => {
    service = await startService();
    authorization = await bearer();
    clients = RPC_DOORS.map((transport) => transport.connect(service));
  });

  after(async () => {
    for (const client of clients) client.close();
    await service.stop();
  });

  for (const [index, transport] of RPC_DOORS.entries()) {
    it(`made through one transport works on every other, and is refused everywhere once revoked (${transport.name})`, async () => {
      const own = clients[index] as RpcClient;
      const merchantId = newMerchant();

      const { key: apiKey } = await own.call(generate, { merchantId }, { authorization });
      const alive = await Promise.all(clients.map((client) => client.call(validate, { apiKey, merchantId })));
      const prefixes = await Promise.all(clients.map((client) => client.call(info, { merchantId }, { authorization })));
      await own.call(revoke, { merchantId }, { authorization });
      const refused = await Promise.all(clients.map((client) => client.call(validate, { apiKey, merchantId })));

      expect(alive.map(({ valid }) => valid)).to.deep.equal(clients.map(() => true));
      expect(prefixes.map(({ prefix }) => prefix)).to.deep.equal(clients.map(() => apiKey.slice(0, 12)));
      expect(refused.map(({ reason }) => reason)).to.deep.equal(clients.map(() => Reason.REVOKED));
    });

    it(`made through one transport works in REST, and the other way round (${transport.name})`, async () => {
      const own = clients[index] as RpcClient;
      const merchantId = newMerchant();
      const headers = { authorization };

      const { key } = await own.call(generate, { merchantId }, { authorization });
      const validated = await fetch(`${service.httpUrl}/key/validate/${merchantId}`, { headers: { 'x-api-key': key } });
      const generated = await fetch(`${service.httpUrl}/key/generate/${merchantId}`, { method: 'POST', headers });
      const { key: apiKey } = (await generated.json()) as { key: string };
      const verdict = await own.call(validate, { apiKey });

      expect(validated.status).to.equal(200);
      expect(verdict.merchantId).to.equal(merchantId);
      expect((await own.call(validate, { apiKey: key })).reason).to.equal(Reason.REVOKED);
    });
  }
});
