import { once } from 'node:events';
import { createServer, connect as openConnection, type Server, type Socket } from 'node:net';
import { findFreePort } from './free-port.ts';
import { createOneWay, type OneWay } from './one-way.ts';

export interface Upstream {
  readonly host: string;
  readonly port: number;
}

/**
 * A link to a server that can be made to fail. What was held while it was silent goes on in order once it is restored,
 * as TCP would send it again after a real interruption.
 */
export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that are open at the moment. */
  readonly connections: number;
  /** Resets all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps connections open and takes new ones, but nothing goes through in either direction, not even their end. */
  halfOpen(): void;
  /** Requests go through, their replies don't: what was asked for happens, and the caller does not learn of it. */
  holdReplies(): void;
  /** Each direction is late by so many milliseconds, from what comes next. 0 ends it. */
  delay(delayMs: number): void;
  /** Ends `cut`, `halfOpen`, `holdReplies` and `delay`. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly requests: OneWay;
  readonly replies: OneWay;
}

const HOST = '127.0.0.1';

/** Starts a proxy to one server on a free port of 127.0.0.1. */
export async function createTcpProxy(upstream: Upstream): Promise<TcpProxy> {
  const port = await findFreePort();
  const links = new Set<Link>();
  const holding = { requests: false, replies: false };
  let delayMs = 0;
  let server: Server | undefined = await listen(port, accept);

  function accept(client: Socket): void {
    const toUpstream = openConnection({ ...upstream, allowHalfOpen: true, noDelay: true });
    const requests = createOneWay(client, toUpstream);
    const replies = createOneWay(toUpstream, client);
    const link: Link = { client, upstream: toUpstream, requests, replies };
    links.add(link);
    apply(link);
    client.once('close', () => client.destroyed && toUpstream.destroyed && links.delete(link));
    toUpstream.once('close', () => client.destroyed && toUpstream.destroyed && links.delete(link));
  }

  function apply({ requests, replies }: Link): void {
    requests.set({ held: holding.requests, delayMs });
    replies.set({ held: holding.replies, delayMs });
  }

  function hold(directions: typeof holding): void {
    Object.assign(holding, directions);
    for (const link of links) apply(link);
  }

  async function cut(): Promise<void> {
    const closing = server;
    server = undefined;
    const closed = closing === undefined ? undefined : once(closing, 'close');
    closing?.close();
    for (const { client, upstream: toUpstream } of links) {
      client.resetAndDestroy();
      toUpstream.destroy();
    }
    await closed;
  }

  return {
    host: HOST,
    port,
    get connections() {
      return links.size;
    },
    cut,
    halfOpen: () => hold({ requests: true, replies: true }),
    holdReplies: () => hold({ requests: false, replies: true }),
    delay(newDelayMs) {
      delayMs = newDelayMs;
      for (const link of links) apply(link);
    },
    async restore() {
      delayMs = 0;
      hold({ requests: false, replies: false });
      server ??= await listen(port, accept);
    },
    close: cut,
  };
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}
