import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request of either HTTP version. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** A response of either HTTP version. */
export type HttpResponse = ServerResponse | Http2ServerResponse;
/** Answers requests of either HTTP version. */
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

/**
 * Every value that a header was sent with. Node's parsed headers keep only the first `authorization` (or join the
 * values of others), and a proxy in front may have looked at the last one: a repetition must be seen to be refused.
 *
 * @param name in lower case
 */
export function headerValues({ rawHeaders }: HttpRequest, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}

/** Every value of the `authorization` header. */
export function authorizationOf(request: HttpRequest): string[] {
  return headerValues(request, 'authorization');
}

/** The path of the request: no query, and no scheme and authority where they were sent (RFC 9112, 3.2.2). */
export function pathOf(request: HttpRequest): string {
  const [target = ''] = (request.url ?? '').split(/[?#]/, 1);
  const path = target.replace(/^https?:\/\/[^/]*/i, '');
  return path === '' ? '/' : path;
}
