import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { findFreePort } from '../servers/free-port.ts';

/** An address that leads to one server or another, as a name or a virtual address does in a fail-over. */
export interface RedirectedAddress {
  readonly port: number;
  /** Closes the connections that are open; new ones lead to the other port of this machine. */
  leadTo(port: number): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

export async function createRedirectedAddress(firstPort: number): Promise<RedirectedAddress> {
  const port = await findFreePort();
  const sockets = new Set<Socket>();
  let target = firstPort;

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: HOST, port: target, noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      // The event `close` follows, and is what counts.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(port, HOST);
  await once(server, 'listening');

  function closeConnections(): void {
    for (const socket of [...sockets]) socket.destroy();
  }

  return {
    port,
    leadTo(newPort) {
      target = newPort;
      closeConnections();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      closeConnections();
      await closed;
    },
  };
}
