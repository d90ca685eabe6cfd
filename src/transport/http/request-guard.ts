import { isLoopbackAuthority } from '../connection/loopback.ts';
import { writeAnswer } from './answer.ts';
import { HttpError, type ToProblem } from './problem-details.ts';
import { type HttpHandler, type HttpRequest, headerValues } from './request.ts';

export interface RequestGuardOptions {
  readonly toProblem: ToProblem;
  /** Whether requests that name another host than this machine are refused. */
  readonly isLoopbackOnly: boolean;
}

/**
 * Guards a handler against requests that are not for it to judge, and makes sure that nothing is ever stored by a
 * cache. The target of a malformed request is not repeated in its problem: it may be the malformed part.
 */
export function guardRequests(handler: HttpHandler, { toProblem, isLoopbackOnly }: RequestGuardOptions): HttpHandler {
  return (request, response) => {
    response.setHeader('cache-control', 'no-store');
    const refuse = (error: HttpError) => writeAnswer(response, toProblem(error, undefined));
    if (!hasGoodHost(request)) return refuse(MALFORMED_HOST);
    if (isLoopbackOnly && !isLoopbackAuthority(authorityOf(request))) return refuse(FOREIGN_HOST);
    try {
      handler(request, response);
    } catch {
      refuse(MALFORMED_TARGET);
    }
  };
}

const malformed = (detail: string) => new HttpError('invalid-request', 'invalid_request', detail);
const MALFORMED_HOST = malformed('One well-formed Host header is needed (RFC 9112, section 3.2).');
const MALFORMED_TARGET = malformed('The target or the Host header of the request is malformed.');
const FOREIGN_HOST = new HttpError(
  'forbidden',
  'forbidden',
  'In developer mode the Host must be a loopback name: localhost, 127.0.0.1 or [::1].',
);

/** RFC 3986, section 3.2.2 and 3.2.3: a name, an IPv4 address or an IPv6 address in brackets, and a port. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?$/i;

/** HTTP/1.0 needs no Host; in HTTP/2 the authority stands in its place. */
function hasGoodHost(request: HttpRequest): boolean {
  if ('authority' in request) return (request.authority ?? request.headers.host) !== undefined;
  const [host, second] = headerValues(request, 'host');
  if (host === undefined) return request.httpVersion === '1.0';
  return second === undefined && HOST.test(host);
}

/** Of HTTP/1.0 it may be missing; no browser sends that. */
function authorityOf(request: HttpRequest): string {
  return ('authority' in request ? request.authority : undefined) ?? request.headers.host ?? 'localhost';
}
