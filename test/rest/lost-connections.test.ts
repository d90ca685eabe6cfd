import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect } from 'chai';
import { openRaw } from '../../testkit/clients/raw-http.ts';
import { startService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';

/** Above the time limit of a test: a connection that is not given up keeps the service from stopping. */
const SETTINGS = { SHUTDOWN_TIMEOUT_MS: '30000', REQUEST_TIMEOUT_MS: '300', REQUEST_MAX_BYTES: '1024' };

/** Requests that are answered before they have come whole. */
const UNFINISHED = [
  ['refused for its token', 401, { ':method': 'POST', ':path': '/key/generate/m1', authorization: '' }, 1],
  ['too large', 413, { ':method': 'POST', ':path': '/key/generate/m1' }, 1025],
  ['too slow', 408, { ':method': 'POST', ':path': '/key/generate/m1' }, 1],
  ['for a tunnel', 405, { ':method': 'CONNECT', ':authority': 'h:80' }, 0],
] as const;

describe('A connection whose client is gone', () => {
  for (const [what, expectedStatus, headers, bytes] of UNFINISHED) {
    it(`of HTTP/2 is given up after an unfinished request that is ${what}`, async () => {
      const service = await startService(SETTINGS);
      const session = connect(service.httpUrl);
      const stream = session.request({ authorization: await bearer(), ...headers }, { endStream: false });
      stream.on('error', () => undefined);
      const responded = once(stream, 'response') as Promise<[Record<string, unknown>]>;
      if (bytes > 0) stream.write(Buffer.alloc(bytes));
      const [response] = await responded;

      session.destroy();
      await service.stop();

      expect(response[':status']).to.equal(expectedStatus);
    });
  }

  it('of HTTP/1.1 is given up in the middle of its headers and of its body', async () => {
    const service = await startService({ ...SETTINGS, REQUEST_TIMEOUT_MS: '60000' });
    const head = `POST /key/generate/m1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${await bearer()}\r\n`;
    const connections = await Promise.all([openRaw(service.httpPort), openRaw(service.httpPort)]);
    connections[0]?.socket.write(head);
    connections[1]?.socket.write(`${head}Content-Length: 10\r\n\r\nabc`);

    for (const { socket } of connections) socket.destroy();
    await service.stop();

    const refused = await fetch(service.httpUrl).catch((error: Error) => error.name);
    expect(refused).to.equal('TypeError');
  });
});
