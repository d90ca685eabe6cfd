import { type ClientSessionOptions, connect, type IncomingHttpHeaders } from 'node:http2';

/** A call in gRPC's or gRPC-Web's framing, for headers and messages that no client would send. */
export interface RawGrpcCall {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `application/grpc` by default. */
  readonly contentType?: string;
  readonly message?: Uint8Array;
  /** Sends these bytes in place of the message, and leaves the request open. */
  readonly unfinished?: Uint8Array;
}

/** Headers and trailers together, as far as they came. */
export type RawGrpcReply = Readonly<IncomingHttpHeaders> & { readonly body: string };

/** Otherwise Node's client would refuse a repeated header. */
const LENIENT: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  strictSingleValueFields: false,
};

/** Length-prefixed message (gRPC over HTTP/2). */
export function envelope(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Sends one call over a connection of its own, without any client's time limit. */
export async function sendRawGrpc(origin: string, call: RawGrpcCall): Promise<RawGrpcReply> {
  const { path, headers = {}, contentType = 'application/grpc', message = new Uint8Array() } = call;
  const session = connect(origin, LENIENT);
  session.on('error', () => undefined);
  try {
    return await new Promise((resolve, reject) => {
      const copies = Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : [...value],
      ]);
      const stream = session.request(
        {
          ':method': 'POST',
          ':path': path,
          'content-type': contentType,
          te: 'trailers',
          ...(Object.fromEntries(copies) as Record<string, string | string[]>),
        },
        { endStream: false },
      );
      let seen: IncomingHttpHeaders = {};
      let body = '';
      const add = (more: IncomingHttpHeaders) => {
        seen = { ...seen, ...more };
      };
      stream.on('response', add);
      stream.on('trailers', add);
      stream.setEncoding('latin1').on('data', (part: string) => {
        body += part;
      });
      stream.on('end', () => resolve({ ...seen, body }));
      stream.on('error', reject);
      if (call.unfinished !== undefined) stream.write(call.unfinished);
      else stream.end(envelope(message));
    });
  } finally {
    session.destroy();
  }
}
