import { inspect } from 'node:util';
import { expect } from 'chai';
import type { HeldKey } from '../../testkit/history/held-key.ts';
import { createRecorder, type Recorder } from '../../testkit/history/recorder.ts';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { signToken } from '../../testkit/service/tokens.ts';

describe('The recorder', () => {
  let service: TestService;
  let recorder: Recorder;

  beforeEach(async () => {
    service = await startService();
    const endpoints = [{ name: 'a', address: service.grpcAddress }];
    recorder = createRecorder(endpoints, { token: await signToken(), changeDeadlineMs: 2_000 });
  });

  afterEach(async () => {
    recorder.close();
    await service.stop();
  });

  it('records every call with its start, its end and its answer', async () => {
    const beganMs = performance.now();
    const { key } = await client().generate('m1');
    await client().validate(key as HeldKey);
    await client().revoke('m1');
    await client().validate(key as HeldKey);
    await client().revoke('nobody');
    const endedMs = performance.now();

    const history = recorder.history();
    expect(history.map(({ kind, outcome }) => `${kind} ${outcome}`)).to.deep.equal([
      ...['generate ok', 'validate ok', 'revoke ok', 'validate ok', 'revoke not_found'],
    ]);
    expect(history.map((operation) => operation.kind === 'validate' && operation.verdict)).to.deep.equal([
      ...[false, { valid: true, merchantId: 'm1' }, false, { valid: false, reason: 'REVOKED' }, false],
    ]);
    const times = [beganMs, ...history.flatMap(({ startMs, endMs }) => [startMs, endMs]), endedMs];
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
  });

  it('never holds a plaintext key', async () => {
    const { key, operation } = await client().generate('m1');

    const clear = (key as HeldKey).reveal();
    expect(clear).to.match(/^ipa_live_/);
    expect(inspect([key, operation, recorder.history()], { depth: 9, showHidden: true })).to.not.include(clear);
    expect(JSON.stringify([key, operation, recorder.history()])).to.not.include(clear.slice('ipa_live_'.length));
  });

  it('records a call without an answer as lost, and one that took too long as given up', async () => {
    const { key } = await client().generate('m1');
    const hasty = createRecorder([{ name: 'a', address: service.grpcAddress }], { validateDeadlineMs: 0 });
    const late = await hasty.clients[0]?.validate(key as HeldKey);
    hasty.close();
    await service.stop();
    const lost = [await client().validate(key as HeldKey), await client().revoke('m1'), await generateOperation()];

    expect(late?.outcome).to.equal('deadline_exceeded');
    expect(lost.map(({ outcome }) => outcome)).to.deep.equal(['lost', 'lost', 'lost']);
    expect(recorder.running).to.equal(0);
  });

  function client() {
    const [first] = recorder.clients;
    if (first === undefined) throw new Error('there is no client');
    return first;
  }

  async function generateOperation() {
    return (await client().generate('m1')).operation;
  }
});
