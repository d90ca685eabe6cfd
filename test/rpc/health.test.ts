import { once } from 'node:events';
import { Client, type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { service as HEALTH } from 'grpc-health-check';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';

const SERVICE = 'iterapay.keys.v1.KeyService';
const { Check: CHECK, List: LIST, Watch: WATCH } = HEALTH;

interface Answer {
  readonly status: string;
}

/** A client of the health service, of grpc-js. */
function connect({ grpcAddress }: TestService) {
  const client = new Client(grpcAddress, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  if (CHECK === undefined || LIST === undefined || WATCH === undefined)
    throw new Error('the health service has other methods');
  return {
    check: (service: string) =>
      new Promise<Answer>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = CHECK;
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, answer) => {
          if (error !== null) reject(error);
          else resolve(answer as Answer);
        });
      }),
    list: () =>
      new Promise<unknown>((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = LIST;
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) => {
          if (error !== null) reject(error);
          else resolve((answer as { statuses: unknown }).statuses);
        });
      }),
    watch: (service: string): ClientReadableStream<Answer> =>
      client.makeServerStreamRequest(
        WATCH.path,
        WATCH.requestSerialize,
        (bytes) => WATCH.responseDeserialize(bytes) as Answer,
        { service },
      ),
    close: () => client.close(),
  };
}

describe('Health on the gRPC port', () => {
  let service: TestService;
  let client: ReturnType<typeof connect>;

  beforeEach(async () => {
    service = await startService();
    client = connect(service);
  });

  afterEach(async () => {
    client.close();
    await service.stop();
  });

  for (const name of ['', SERVICE]) {
    it(`Check finds "${name}" serving`, async () => {
      const answer = await client.check(name);

      expect(answer.status).to.equal('SERVING');
    });

    it(`Watch reports that "${name}" serves, and that it does not as soon as the drain begins`, async () => {
      const stream = client.watch(name);
      stream.on('error', () => undefined);
      const [first] = (await once(stream, 'data')) as [Answer];

      const next = once(stream, 'data') as Promise<[Answer]>;
      const stopped = service.stop();
      const [second] = await next;
      await stopped;

      expect(first.status).to.equal('SERVING');
      expect(second.status).to.equal('NOT_SERVING');
    });
  }

  it('Watch of a service that it does not know says so and ends, since it never will know it', async () => {
    for (const name of ['nope', 'iterapay.keys.v2.KeyService', 'x'.repeat(1000), '__proto__']) {
      const stream = client.watch(name);
      const answers: string[] = [];
      stream.on('data', ({ status: answer }: Answer) => answers.push(answer));

      await once(stream, 'end');

      expect(answers).to.deep.equal(['SERVICE_UNKNOWN']);
    }
  });

  it('Watch is forgotten when its client has gone', async () => {
    const stream = client.watch('');
    stream.on('error', () => undefined);
    await once(stream, 'data');

    stream.cancel();

    await once(stream, 'error').catch(() => undefined);
    expect((await client.check('')).status).to.equal('SERVING');
  });

  it('List reports the statuses of all services', async () => {
    expect(await client.list()).to.deep.equal({ '': { status: 'SERVING' }, [SERVICE]: { status: 'SERVING' } });
  });

  it('Check of a service that it does not know is NOT_FOUND', async () => {
    for (const name of ['nope', 'iterapay.keys.v2.KeyService', 'KeyService']) {
      const error = await client.check(name).then(
        () => undefined,
        (thrown: ServiceError) => thrown,
      );

      expect(error?.code).to.equal(status.NOT_FOUND);
    }
  });
});
