import { expect } from 'chai';
import fc from 'fast-check';
import { ServiceError } from '../../src/core/errors.ts';
import { createToProblem } from '../../src/transport/http/problem-details.ts';
import type { Endpoint } from '../../src/transport/rest/endpoint.ts';
import { addGatewayValidate, GATEWAY_PATHS } from '../../src/transport/rest/gateway-validate.ts';
import { HttpRuleError } from '../../src/transport/rest/http-rule.ts';
import { createRouter } from '../../src/transport/rest/router.ts';
import { SEED, textNear } from './arbitraries.ts';

/** The paths of the gateway, added to an empty router. */
function routerWith(paths: readonly string[]) {
  const router = createRouter<Endpoint>();
  const options = {
    validate: () => Promise.reject(new ServiceError('internal', 'Never called.')),
    validateNeedsToken: false,
    toProblem: createToProblem('https://example.com/probs', (text) => text),
    requestTimeoutMs: 1_000,
    onGatewayRefused: () => undefined,
  };
  addGatewayValidate(router, options, paths);
  return router;
}

/** One character of a path left out, put in or replaced, anywhere. */
const mistyped = fc
  .record({
    path: fc.constantFrom(...GATEWAY_PATHS),
    at: fc.nat(40),
    removed: fc.nat(1),
    added: fc.string({ unit: fc.constantFrom(...'/{}=*:._ a%'), maxLength: 1 }),
  })
  .map(({ path, at, removed, added }) => path.slice(0, at) + added + path.slice(at + removed));

describe('A template of the gateway', () => {
  it('is served on its own paths and on no other', () => {
    const router = routerWith(GATEWAY_PATHS);

    expect(router.find('GET', '/key/validate').pathValues).to.deep.equal({});
    expect(router.find('GET', '/key/validate/m1').pathValues).to.deep.equal({ merchant_id: 'm1' });
    expect(() => router.find('GET', '/')).to.throw(ServiceError, 'nothing at this path');
  });

  it('that is mistyped stops the start with the template in its error, or leads to no more than it says', () => {
    fc.assert(
      fc.property(fc.oneof(mistyped, textNear('//{{}}ab_A0.~-*=:%', 12)), (template) => {
        let refused: unknown;
        let router = createRouter<Endpoint>();
        try {
          router = routerWith([template]);
        } catch (error) {
          refused = error;
        }

        if (refused === undefined) expect(template).to.match(/^(?:\/(?:[\w.~-]+|\{merchant_id\}))+$/);
        else expect(refused).to.be.instanceOf(HttpRuleError).with.property('message').that.includes(template);
        expect(() => router.find('GET', '/')).to.throw(ServiceError, 'nothing at this path');
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  it('whose variable is no field of the request stops the start: its merchant would never be compared', () => {
    for (const name of ['merchant', 'merchantid', 'merchant_i']) {
      expect(() => routerWith([`/key/validate/{${name}}`])).to.throw(HttpRuleError, name);
    }
  });
});
