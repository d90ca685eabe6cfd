import { expect } from 'chai';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { bearer, JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';

const CALLS = 300;
const CALLS_AT_ONCE = 10;

interface Line {
  readonly count: number;
  readonly text: string;
}

/** Makes the calls, a few at a time, and returns how long it took, in milliseconds. */
async function callOften(call: () => Promise<Response>): Promise<number> {
  const startedAtMs = performance.now();
  for (let made = 0; made < CALLS; made += CALLS_AT_ONCE) {
    await Promise.all(
      Array.from({ length: CALLS_AT_ONCE }, async () => {
        await (await call()).arrayBuffer();
      }),
    );
  }
  return performance.now() - startedAtMs;
}

function linesOf(service: ServiceProcess, message: string): Line[] {
  return logLines(service)
    .filter(({ msg }) => msg === message)
    .map((line) => ({ count: Number(line['count']), text: JSON.stringify(line) }));
}

/** The first at once, one a second, and what was left over at the end. */
function expectLimited(lines: readonly Line[], elapsedMs: number, calls: number): void {
  expect(lines[0]?.count).to.equal(1);
  expect(lines.length).to.be.within(2, elapsedMs / 1_000 + 2);
  expect(lines.reduce((sum, { count }) => sum + count, 0)).to.equal(calls);
}

describe('The log of a service that is called without end', () => {
  const services = shareServices();

  it('has one short line a second for each kind of refusal, and loses no count', async () => {
    const service = await services.start({ VALIDATE_AUTH: 'jwt' });
    const expired = { authorization: await bearer({ exp: 1 }) };
    const withoutScope = { authorization: await bearer() };
    let elapsedMs = 0;
    for (const headers of [{}, expired, withoutScope]) {
      elapsedMs += await callOften(() => fetch(`${service.httpUrl}/key/validate`, { headers }));
    }
    expect(await service.end('SIGTERM')).to.equal(0);

    const lines = linesOf(service, 'a gateway was refused: check its token');
    for (const reason of ['A bearer token is missing.', 'The token has expired.', 'keys.validate']) {
      const ofKind = lines.filter(({ text }) => text.includes(reason));
      expectLimited(ofKind, elapsedMs, CALLS);
    }
    expect(lines.reduce((sum, { count }) => sum + count, 0)).to.equal(3 * CALLS);
    for (const { text } of lines) {
      expect(text.length).to.be.below(300);
      expect(text).not.to.match(/stack|\bat \w|\.ts:/);
    }
  });

  it('has one line a second, with cause and stack, for each kind of fault of the service', async () => {
    const jwksPort = await findFreePort();
    const service = await services.start({
      ...JWT_ENVIRONMENT,
      JWT_HS256_SECRET: '',
      JWT_JWKS_URL: `http://127.0.0.1:${jwksPort}/jwks`,
      VALIDATE_AUTH: 'jwt',
    });
    const headers = { authorization: `Bearer ${unknownKeyToken()}` };

    const elapsedMs = await callOften(() => fetch(`${service.httpUrl}/key/info/m1`, { headers }));
    expect(await service.end('SIGTERM')).to.equal(0);

    const lines = linesOf(service, 'a call failed');
    expectLimited(lines, elapsedMs, CALLS);
    for (const { text } of lines) expect(text).to.include('"stack"').and.to.include('ECONNREFUSED');
  });
});

/** A token that needs a look at the published keys. */
function unknownKeyToken(): string {
  const parts = [{ alg: 'ES256', kid: 'k1' }, { sub: 'x' }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return [...parts, 'c2lnbmF0dXJl'].join('.');
}
