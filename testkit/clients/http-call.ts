import { request as requestHttp1 } from 'node:http';
import { type ClientHttp2Session, type ClientSessionOptions, connect } from 'node:http2';

/** One HTTP request, the same for every version of HTTP. */
export interface HttpCall {
  readonly method: string;
  /** With the query, if any. */
  readonly path: string;
  /** Names in lower case; a list of values is sent as a repeated header. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `chunks` are sent without a length announced. */
  readonly body?: string | Buffer | { readonly chunks: readonly Buffer[] };
}

/** The answer, without what belongs to the connection. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends one request over a connection of its own. */
export type SendCall = (origin: string, call: HttpCall) => Promise<HttpReply>;

/** Both ways to speak HTTP with the port. */
export const HTTP_VERSIONS: readonly { readonly version: string; readonly send: SendCall }[] = [
  { version: 'HTTP/1.1', send: sendHttp1 },
  { version: 'HTTP/2', send: sendHttp2 },
];

const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** Otherwise Node's client would refuse a repeated header, which then never gets to the service. */
const LENIENT: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  strictSingleValueFields: false,
};

export function sendHttp1(origin: string, { method, path, headers = {}, body }: HttpCall): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const request = requestHttp1(origin, { method, path, headers: headersOf(headers, body), agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(toReply(response.statusCode, response.headers, text)));
      response.on('error', reject);
    });
    write(request, body);
  });
}

export async function sendHttp2(origin: string, call: HttpCall): Promise<HttpReply> {
  const session = connect(origin, LENIENT);
  // The stream reports it too.
  session.on('error', () => undefined);
  try {
    return await sendOnSession(session, call);
  } finally {
    session.destroy();
  }
}

/** Sends a request over a session that may serve others too. */
export function sendOnSession(session: ClientHttp2Session, call: HttpCall): Promise<HttpReply> {
  const { method, path, headers = {}, body } = call;
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': path, ...headersOf(headers, body) },
      { endStream: body === undefined },
    );
    let reply: Parameters<typeof toReply> = [undefined, {}, ''];
    let text = '';
    stream.on('error', reject);
    stream.on('response', (responseHeaders) => {
      reply = [responseHeaders[':status'], responseHeaders, ''];
    });
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    stream.on('end', () => resolve(toReply(reply[0], reply[1], text)));
    if (body !== undefined) write(stream, body);
  });
}

function headersOf(headers: HttpCall['headers'] = {}, body: HttpCall['body']): Record<string, string | string[]> {
  const copies = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]);
  // Of a method that rarely has a body, Node's client would send the body without its length.
  const length =
    typeof body === 'string' || Buffer.isBuffer(body) ? { 'content-length': `${Buffer.byteLength(body)}` } : {};
  return { ...length, ...Object.fromEntries(copies) };
}

function write(stream: NodeJS.WritableStream, body: HttpCall['body']): void {
  if (body === undefined) stream.end();
  else if (typeof body === 'string' || Buffer.isBuffer(body)) stream.end(body);
  else {
    for (const chunk of body.chunks) stream.write(chunk);
    stream.end();
  }
}

function toReply(status: number | undefined, headers: Readonly<Record<string, unknown>>, text: string): HttpReply {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(':') && !OF_THE_CONNECTION.has(name));
  return { status: status ?? 0, headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])), text };
}
