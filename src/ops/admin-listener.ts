import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { ListenError, type Listener } from '../listener.ts';

export interface AdminListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
  /** Resolves when the service can take calls; rejects with the reason when it cannot. */
  readonly checkReady: () => Promise<void>;
}

/**
 * Serves operators: `/metrics`, `/healthz` (the process is up) and `/readyz` (it can take calls).
 *
 * @throws ListenError
 */
export async function listenAdmin({ host, port, metrics, checkReady }: AdminListenerOptions): Promise<Listener> {
  const pages: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/healthz': async (response) => write(response, 200, 'ok\n'),
    '/readyz': async (response) => {
      const reason = await checkReady().catch((error: Error) => error.message);
      write(response, reason === undefined ? 200 : 503, `${reason ?? 'ok'}\n`);
    },
    '/metrics': async (response) => write(response, 200, await metrics.metrics(), metrics.contentType),
  };
  const server = createServer((request, response) => {
    const page = pages[(request.url ?? '').split('?', 1)[0] ?? ''];
    if (page === undefined) write(response, 404, `Not found. There are ${Object.keys(pages).join(', ')}.\n`);
    else if (request.method !== 'GET' && request.method !== 'HEAD') write(response, 405, 'Method not allowed.\n');
    else page(response).catch((error: Error) => write(response, 500, `${error.message}\n`));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError('ADMIN_PORT', host, port, error)));
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
