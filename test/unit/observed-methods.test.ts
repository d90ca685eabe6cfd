import { create } from '@bufbuild/protobuf';
import { expect } from 'chai';
import { type ValidateRequest, ValidateRequestSchema } from '../../gen/iterapay/keys/v1/keys_pb.js';
import { createKeyServiceMethods } from '../../src/api/key-service-methods.ts';
import { observeMethods } from '../../src/api/observed-methods.ts';
import type { AccessControl } from '../../src/auth/access-control.ts';
import type { CallOutcome } from '../../src/core/call-outcome.ts';
import type { KeyService } from '../../src/core/key-service.ts';
import { rejectionOf } from './rejection.ts';

const REQUEST: ValidateRequest = create(ValidateRequestSchema, { apiKey: 'a key' });
const VALID = { valid: true, merchantId: 'm1' } as const;

/** The methods over one use case, and what was counted and reported of them. */
function observe(validate: () => Promise<unknown>) {
  const counted: [method: string, outcome: CallOutcome][] = [];
  const failed: [method: string, cause: unknown][] = [];
  const service: Pick<KeyService, 'validate'> = { validate: validate as KeyService['validate'] };
  const authorization: Pick<AccessControl, 'validateNeedsToken'> = { validateNeedsToken: false };
  const methods = createKeyServiceMethods(service as KeyService, authorization as AccessControl);
  const observed = observeMethods(methods, {
    callEnded: (method, outcome) => counted.push([method, outcome]),
    callFailed: (method, { cause }) => failed.push([method, (cause as Error).cause ?? cause]),
  });
  return { observed, counted, failed };
}

describe('A call that is observed', () => {
  it('is counted when its method ends, where its caller waits for that', async () => {
    const { observed, counted } = observe(async () => VALID);

    await observed.validate({ authorizationHeader: [], onEarlyEnd: () => undefined }, REQUEST);

    expect(counted).to.deep.equal([['validate', 'ok']]);
  });

  it('is counted as what its caller got first, and only once', async () => {
    const validating = Promise.withResolvers<unknown>();
    const { observed, counted } = observe(() => validating.promise);
    let end: (outcome: CallOutcome) => void = () => undefined;
    const onEarlyEnd = (listener: typeof end) => {
      end = listener;
    };

    const answered = observed.validate({ authorizationHeader: [], onEarlyEnd }, REQUEST);
    end('deadline');
    const atOnce = [...counted];
    end('cancelled');
    validating.resolve(VALID);
    await answered;

    expect(atOnce).to.deep.equal([['validate', 'deadline']]);
    expect(counted).to.deep.equal(atOnce);
  });

  it('is reported as the fault that it ended with, also when its caller has left', async () => {
    const fault = new TypeError('undefined is not a function');
    const { observed, counted, failed } = observe(() => Promise.reject(fault));
    const onEarlyEnd = (listener: (outcome: CallOutcome) => void) => listener('cancelled');

    await rejectionOf(observed.validate({ authorizationHeader: [], onEarlyEnd }, REQUEST));

    expect(counted).to.deep.equal([['validate', 'cancelled']]);
    expect(failed).to.deep.equal([['validate', fault]]);
  });

  it('of a gateway is counted as the unavailable that the gateway gets, and reported with its cause', async () => {
    const fault = new TypeError('undefined is not a function');
    const { observed, counted, failed } = observe(() => Promise.reject(fault));

    const thrown = await rejectionOf(observed.validateForGateway({ authorizationHeader: [] }, REQUEST));

    expect(thrown).to.include({ code: 'unavailable', message: 'The key could not be validated.' });
    expect(counted).to.deep.equal([['validateForGateway', 'unavailable']]);
    expect(failed).to.deep.equal([['validateForGateway', fault]]);
  });
});
