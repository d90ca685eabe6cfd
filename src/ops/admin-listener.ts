import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { isLoopbackAuthority } from '../transport/connection/loopback.ts';
import { ListenError, type Listener } from '../transport/listener.ts';

export interface AdminListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  /** Resolves when the service can take calls; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
  /** Whether requests that name another host than this machine are refused. */
  readonly isLoopbackOnly: boolean;
}

/** Scrapers and probes are few; what is above is refused, so that no descriptor is taken from the other ports. */
const MAX_CONNECTIONS = 100;
/** Longest time for a request to arrive, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves operators: `/metrics`, `/healthz` (the process is up) and `/readyz` (it can take calls).
 *
 * @throws ListenError
 */
export async function listenAdmin(options: AdminListenerOptions): Promise<Listener> {
  const { host, port, metrics, checkReady, isLoopbackOnly } = options;
  const pages: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/healthz': async (response) => write(response, 200, 'ok\n'),
    '/readyz': async (response) => {
      const reason = await checkReady().catch((error: Error) => error.message);
      write(response, reason === undefined ? 200 : 503, `${reason ?? 'ok'}\n`);
    },
    '/metrics': async (response) => write(response, 200, await metrics.metrics(), metrics.contentType),
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const page = pages[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (isLoopbackOnly && !isLoopbackAuthority(request.headers.host ?? 'localhost'))
      write(response, 403, 'In developer mode the Host must be a loopback name.\n');
    else if (page === undefined) write(response, 404, `Not found. There are ${Object.keys(pages).join(', ')}.\n`);
    else if (request.method !== 'GET' && request.method !== 'HEAD') write(response, 405, 'Method not allowed.\n');
    else page(response).catch((error: Error) => write(response, 500, `${error.message}\n`));
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, answer);
  server.maxConnections = MAX_CONNECTIONS;

  await new Promise<void>((resolve, reject) => {
    // This listener stays: what fails later, such as accepting a connection, must not end the process.
    server.on('error', (error) => reject(new ListenError('ADMIN_PORT', host, port, error)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    abort: () => server.closeAllConnections(),
  };
}

function write(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(text);
}
