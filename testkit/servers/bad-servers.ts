import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A server on 127.0.0.1 that no client gets on with. */
export interface BadServer {
  readonly port: number;
  close(): void;
}

/** What is wrong with each, by what a client meets there. */
export const BAD_SERVERS = {
  'that closes at once': () => listen(createTcpServer((socket) => socket.destroy())),
  'that answers garbage': () =>
    listen(createTcpServer((socket) => void socket.on('data', () => answerGarbage(socket)))),
  'that says nothing': () => listen(createTcpServer((socket) => void socket.resume())),
  'that speaks TLS': () => listen(createTlsServer({})),
} as const satisfies Record<string, () => Promise<BadServer>>;

function answerGarbage(socket: Socket): void {
  socket.end('HTTP/1.1 400 Bad Request\r\n\r\n\u0000\u0001\u0002 what?\r\n');
}

async function listen(server: Server): Promise<BadServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
