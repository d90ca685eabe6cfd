import type { HttpRequest, HttpResponse } from '../http/request.ts';
import type { RouteMatch } from './router.ts';

/** What a REST request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; undefined: no body. */
  readonly body: unknown;
}

/** Answers one request of a route; what it throws becomes a problem. */
export type Endpoint = (request: HttpRequest, pathValues: RouteMatch<unknown>['pathValues']) => Promise<Answer>;

/** Writes the answer. A request that has not arrived whole ends its HTTP/1.1 connection: what follows is no request. */
export function writeAnswer(request: HttpRequest, response: HttpResponse, { status, headers, body }: Answer): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  if (text !== undefined) {
    response.setHeader('content-type', 'application/json');
    response.setHeader('content-length', Buffer.byteLength(text));
  }
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (!request.complete && request.httpVersionMajor === 1) response.setHeader('connection', 'close');
  response.end(text ?? '');
  // An unread body would hold the connection's window, and a client that ends its body first would wait for ever.
  if (request.httpVersionMajor === 2) request.resume();
}
