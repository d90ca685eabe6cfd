import type { Http2Server, ServerOptions } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/** What grpc-js keeps to itself. */
export interface ServerInternals {
  /** What its HTTP/2 servers are made with. */
  readonly commonServerOptions: ServerOptions;
  /** Its HTTP/2 servers, one for each address. */
  readonly http2Servers: ReadonlyMap<Http2Server, unknown>;
}

/**
 * grpc-js has no option for the size of headers, for connections, or for what has not arrived in time, and does not
 * show its HTTP/2 servers. So they are taken from its private fields; its version is pinned in `package.json`, and the
 * tests of `test/limits` fail where another one no longer has them.
 */
export function internalsOf(server: Server): ServerInternals {
  const { commonServerOptions, http2Servers } = server as unknown as Partial<ServerInternals>;
  if (typeof commonServerOptions !== 'object' || !(http2Servers instanceof Map)) {
    throw new Error('this version of @grpc/grpc-js keeps its HTTP/2 servers in another way');
  }
  return { commonServerOptions, http2Servers };
}
