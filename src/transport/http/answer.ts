import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from './request.ts';

/** What a request on the HTTP port is answered with, unless by RPC. */
export interface Answer {
  readonly status: number;
  /** The type of the content is JSON unless it is given here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; undefined: no body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** Writes the answer. Throws what Node throws where it cannot be written; nothing has been sent then. */
export function writeAnswer(response: HttpResponse, answer: Answer): void {
  const { headers, text } = serialize(answer);
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(text);
}

/** The answer as the last bytes of an HTTP/1.1 connection, where Node gives no response to write it to. */
export function toHttp1Text(answer: Answer): string {
  const { headers, text } = serialize(answer);
  const lines = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
    ...Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

/** No answer may be kept by a cache. */
function serialize({ headers, body }: Answer): { headers: Record<string, string>; text: string } {
  const noStore = { 'cache-control': 'no-store' };
  if (body === undefined) return { headers: { ...noStore, ...headers }, text: '' };
  const text = JSON.stringify(body);
  const content = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  return { headers: { ...noStore, ...content, ...headers }, text };
}
