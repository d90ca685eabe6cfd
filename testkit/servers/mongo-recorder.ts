import { once } from 'node:events';
import { type AddressInfo, createServer, connect as openConnection, type Socket } from 'node:net';
import type { Document } from 'mongodb';
import { createMongoMessageReader, type MongoMessage, withDocument } from './mongo-wire.ts';
import type { Upstream } from './tcp-proxy.ts';

/**
 * A link to a MongoDB that shows the commands which are really sent, and may lose replies. The server seems to be at the
 * link's own address, so that a driver which follows its replica set stays on the link.
 */
export interface MongoRecorder {
  readonly url: string;
  /** All commands so far, in the order in which they were sent, but those by which the driver watches the server. */
  commands(): readonly Document[];
  /** Forgets the commands so far. */
  clear(): void;
  /** The next commands of this name run, but each connection is closed when the server has answered. */
  loseReplies(commandName: string, count: number): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** What the driver sends by itself. */
const OF_THE_DRIVER: ReadonlySet<string> = new Set(['hello', 'ismaster', 'isMaster', 'endSessions']);

export async function startMongoRecorder(upstream: Upstream): Promise<MongoRecorder> {
  const commands: Document[] = [];
  const losses = new Map<string, number>();
  const sockets = new Set<Socket>();

  /** Whether the reply to this command is to be lost. */
  function record(command: Document): boolean {
    const name = nameOf(command);
    if (OF_THE_DRIVER.has(name)) return false;
    commands.push(command);
    const left = losses.get(name) ?? 0;
    losses.set(name, Math.max(0, left - 1));
    return left > 0;
  }

  const server = createServer({ noDelay: true }, (client) => {
    const toUpstream = openConnection({ ...upstream, noDelay: true });
    const lost = new Set<number>();
    const destroyBoth = () => {
      client.destroy();
      toUpstream.destroy();
    };
    forward(client, toUpstream, ({ requestId, document, bytes }) => {
      if (document !== undefined && record(document)) lost.add(requestId);
      return bytes;
    });
    forward(toUpstream, client, (reply) => {
      if (!lost.has(reply.responseTo)) return atThisAddress(reply, `${HOST}:${port()}`);
      destroyBoth();
      return undefined;
    });
    for (const socket of [client, toUpstream]) {
      sockets.add(socket);
      // The event `close` follows, and is what counts.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        destroyBoth();
      });
    }
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const port = () => (server.address() as AddressInfo).port;

  return {
    url: `mongodb://${HOST}:${port()}/`,
    commands: () => commands,
    clear() {
      commands.length = 0;
    },
    loseReplies: (commandName, count) => void losses.set(commandName, count),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** @param toSent the bytes to send on; undefined for none */
function forward(from: Socket, to: Socket, toSent: (message: MongoMessage) => Buffer | undefined): void {
  const read = createMongoMessageReader();
  from.on('data', (bytes: Buffer) => {
    for (const message of read(bytes)) {
      const sent = toSent(message);
      if (sent !== undefined) to.write(sent);
    }
  });
}

/** In the answer to a handshake, the only member of the replica set is the one at this address. */
function atThisAddress(reply: MongoMessage, address: string): Buffer {
  const { document } = reply;
  if (document?.['hosts'] === undefined) return reply.bytes;
  return withDocument(reply, { ...document, hosts: [address], me: address, primary: address });
}

/** The first member's name: BSON keeps the order. */
export function nameOf(command: Document): string {
  return Object.keys(command)[0] ?? '';
}
