import { expect } from 'chai';
import { expectProblem } from '../../testkit/clients/expect-problem.ts';
import { sendHttp1 } from '../../testkit/clients/http-call.ts';
import { type MongoRecorder, startMongoRecorder } from '../../testkit/servers/mongo-recorder.ts';
import { type MongoServer, startMongoServer } from '../../testkit/servers/mongo-server.ts';
import { logLines } from '../../testkit/service/log-lines.ts';
import type { ServiceProcess } from '../../testkit/service/service-process.ts';
import { shareServices } from '../../testkit/service/shared-services.ts';
import { bearer } from '../../testkit/service/tokens.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

const MAX_WAIT_MS = 10_000;
/** The driver tries a write once more by itself. */
const ATTEMPTS = 2;

describe('The log of a service whose store fails', function () {
  this.timeout(40_000);
  const services = shareServices();
  let mongo: MongoServer;
  let recorder: MongoRecorder;

  before(async function () {
    this.timeout(60_000);
    mongo = await startMongoServer();
    recorder = await startMongoRecorder(mongo);
  });

  after(async () => {
    await recorder.close();
    await mongo.stop();
  });

  afterEach(() => recorder.loseReplies('find', 0));

  /** The line about a failed call, once it is there. */
  async function failedCall(service: ServiceProcess): Promise<Readonly<Record<string, unknown>>> {
    const find = () => logLines(service).find(({ msg }) => msg === 'a call failed');
    await waitUntil('the failure is logged', () => find() !== undefined, { timeoutMs: MAX_WAIT_MS });
    return find() ?? {};
  }

  it('has the cause of a change whose outcome is unknown', async () => {
    const service = await services.start({ MONGODB_URL: recorder.url });
    recorder.loseReplies('findAndModify', ATTEMPTS);
    const headers = { authorization: await bearer() };

    const reply = await sendHttp1(service.httpUrl, { method: 'POST', path: '/key/generate/m1', headers });

    expectProblem(reply, { status: 503, code: 'outcome_unknown', instance: '/key/generate/m1' });
    const line = await failedCall(service);
    expect(line).to.include({ level: 'error', method: 'generate', count: 1 });
    expect(line['error']).to.deep.include({ type: 'ServiceError', code: 'outcome_unknown' });
    expect(line['error'])
      .to.have.nested.property('cause.type')
      .that.matches(/^Mongo/);
  });

  it('has the cause of a read that failed', async () => {
    const service = await services.start({ MONGODB_URL: recorder.url });
    // Others read too, in the background.
    recorder.loseReplies('find', Number.POSITIVE_INFINITY);
    const headers = { authorization: await bearer() };

    const reply = await sendHttp1(service.httpUrl, { method: 'GET', path: '/key/info/m1', headers });

    expectProblem(reply, { status: 503, code: 'unavailable', instance: '/key/info/m1' });
    const line = await failedCall(service);
    expect(line).to.include({ level: 'error', method: 'info' });
    expect(line['error'])
      .to.have.nested.property('cause.type')
      .that.matches(/^Mongo/);
  });
});
