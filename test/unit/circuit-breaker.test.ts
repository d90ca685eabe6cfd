import { expect } from 'chai';
import { type CircuitBreaker, createCircuitBreaker } from '../../src/store/redis/circuit-breaker.ts';
import { createManualClock, type ManualClock } from '../../testkit/manual-clock.ts';

describe('The circuit breaker', () => {
  let clock: ManualClock;
  let breaker: CircuitBreaker;

  beforeEach(() => {
    clock = createManualClock();
    breaker = createCircuitBreaker({ clock, threshold: 3, openMs: 1_000 });
  });

  function fail(times: number): void {
    for (let time = 0; time < times; time++) breaker.failed();
  }

  function allowsAfter(ms: number): boolean {
    clock.advance(ms);
    return breaker.allows();
  }

  it('allows everything at first, and below the threshold', () => {
    fail(2);

    const allowed = [breaker.allows(), breaker.allows()];

    expect(allowed).to.deep.equal([true, true]);
  });

  it('allows nothing for the whole pause once the threshold is reached', () => {
    fail(3);

    const allowed = [breaker.allows(), allowsAfter(999)];

    expect(allowed).to.deep.equal([false, false]);
  });

  it('counts failures in a row only: a success between them starts the count anew', () => {
    fail(2);
    breaker.succeeded();
    fail(2);

    const allowed = breaker.allows();

    expect(allowed).to.equal(true);
  });

  it('lets one request try after the pause, and no second one meanwhile', () => {
    fail(3);
    clock.advance(1_000);

    const allowed = [breaker.allows(), breaker.allows(), breaker.allows()];

    expect(allowed).to.deep.equal([true, false, false]);
  });

  it('allows everything again when the try succeeds', () => {
    fail(3);
    clock.advance(1_000);
    breaker.allows();

    breaker.succeeded();

    expect([breaker.allows(), breaker.allows()]).to.deep.equal([true, true]);
  });

  it('pauses for the full time again, from the failure on, when the try fails', () => {
    fail(3);
    clock.advance(1_000);
    breaker.allows();
    clock.advance(500);

    breaker.failed();

    expect(allowsAfter(999)).to.equal(false);
    expect(allowsAfter(1)).to.equal(true);
  });

  it('lets another request try after a further pause when the try never ends', () => {
    fail(3);
    clock.advance(1_000);
    breaker.allows();
    clock.advance(1_000);

    const allowed = [breaker.allows(), breaker.allows()];

    expect(allowed).to.deep.equal([true, false]);
  });

  it('needs as many failures as at first to open again after it closed', () => {
    fail(3);
    clock.advance(1_000);
    breaker.allows();
    breaker.succeeded();
    fail(2);

    const allowed = breaker.allows();

    expect(allowed).to.equal(true);
  });
});
