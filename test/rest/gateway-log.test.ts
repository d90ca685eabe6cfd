import { expect } from 'chai';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { generateKey } from '../../testkit/clients/merchant-keys.ts';
import { startServiceProcess } from '../../testkit/service/service-process.ts';
import { bearer, JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';

describe('The log', () => {
  it('says that a gateway was refused, since its callers cannot fix that, and holds no token and no key', async () => {
    const directory = createTemporaryDirectory();
    const service = await startServiceProcess({ ...JWT_ENVIRONMENT, VALIDATE_AUTH: 'jwt', DATA_DIR: directory.path });
    const key = await generateKey(service.httpUrl, 'm1');
    const expired = await bearer({ exp: 1 });
    const good = await bearer({ scope: 'keys.validate' });
    const validate = (authorization: string, apiKey: string) =>
      sendHttp1(service.httpUrl, {
        method: 'GET',
        path: `/key/validate/m1?key=${apiKey}`,
        headers: { authorization, 'x-api-key': apiKey },
      });

    const statuses = [
      (await validate(expired, key)).status,
      (await validate(`Bearer ${key}`, key)).status,
      (await validate(await bearer(), key)).status,
      (await validate(good, `${key}x`)).status,
      (await validate(good, key)).status,
    ];
    await service.end('SIGTERM');
    const { stdout, stderr } = service.output();

    expect(statuses).to.deep.equal([401, 401, 403, 401, 200]);
    expect(stdout.match(/"level":"warn".*a gateway was refused/g)).to.have.length(3);
    for (const secret of [
      key.slice('ipa_live_'.length),
      expired.slice('Bearer '.length),
      good.slice('Bearer '.length),
    ]) {
      expect(stdout + stderr).not.to.include(secret);
    }
    directory.remove();
  });
});
