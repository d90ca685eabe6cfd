import { expect } from 'chai';
import { type LoggedError, toLoggedError } from '../../src/ops/logged-error.ts';

const SECRET = 'correct-horse-battery';
const redact = (text: string) => text.replaceAll(SECRET, '[redacted]');

function messagesOf({ message, cause, errors = [] }: LoggedError): string[] {
  return [message, ...(cause === undefined ? [] : messagesOf(cause)), ...errors.flatMap(messagesOf)];
}

describe('A logged error', () => {
  it('has type, message, stack and code, and so its causes and what it aggregates, and nothing else', () => {
    const refused = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED', command: { args: [SECRET] } });
    const all = Object.assign(new AggregateError([refused, new Error('second')], 'all failed'), { socket: { SECRET } });
    const error = new Error('outer', { cause: all });

    const logged = toLoggedError(error, redact);

    expect(JSON.stringify(logged)).not.to.include(SECRET);
    expect(logged).to.have.all.keys('type', 'message', 'stack', 'cause');
    expect(logged.stack).to.equal(error.stack);
    expect(logged.cause).to.have.all.keys('type', 'message', 'stack', 'errors');
    expect(logged.cause?.errors?.[0]).to.include({ type: 'TypeError', message: 'refused', code: 'ECONNREFUSED' });
    expect(logged.cause?.errors?.[1]).to.include({ type: 'Error', message: 'second' });
  });

  it('hides secrets before it shortens, so that no part of one is left at the end', () => {
    const message = `${'x'.repeat(2_000 - SECRET.length / 2)}${SECRET}${'y'.repeat(100_000)}`;

    const logged = toLoggedError(new Error(message), redact);

    expect(logged.message).not.to.include(SECRET.slice(0, 5));
    expect(logged.message).to.have.length(2_001);
    expect(logged.stack?.length).to.be.at.most(8_001);
  });

  it('stays small where causes go round in a circle or thousands are aggregated', () => {
    const circle = new AggregateError([], 'circle');
    circle.errors = Array.from({ length: 5_000 }, () => circle);
    circle.cause = circle;

    const messages = messagesOf(toLoggedError(circle, redact));

    expect(messages.length).to.be.below(40);
    expect(messages.at(-1)).to.equal('further errors are left out');
  });

  for (const [what, thrown, expected] of [
    ['a text', `no ${SECRET}`, { type: 'string', message: 'no [redacted]' }],
    ['nothing', undefined, { type: 'undefined', message: 'undefined' }],
    ['an object', { password: SECRET }, { type: 'object', message: 'what was thrown is not an error' }],
  ] as const) {
    it(`says of ${what} that was thrown no more than is safe`, () => {
      expect(toLoggedError(thrown, redact)).to.deep.equal(expected);
    });
  }

  it('never throws', () => {
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('no message');
      },
    });

    expect(toLoggedError(hostile, redact)).to.deep.equal({
      type: 'unknown',
      message: 'what was thrown cannot be read',
    });
  });
});
