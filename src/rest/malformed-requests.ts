import { STATUS_CODES } from 'node:http';
import type { HttpHandler, HttpRequest, HttpResponse } from '../http/request.ts';
import { writeAnswer } from './answer.ts';
import { HttpError, type ProblemResponse, type ToProblem } from './problem-details.ts';

/**
 * Guards a handler against requests that are not for it to judge, and makes sure that nothing is ever stored by a
 * cache. The target of a malformed request is not told in its problem: it may be the malformed part.
 */
export function guardRequests(handler: HttpHandler, toProblem: ToProblem): HttpHandler {
  return (request, response) => {
    response.setHeader('cache-control', 'no-store');
    const refuse = (detail: string) => {
      const error = new HttpError('invalid-request', 'invalid_request', detail);
      writeAnswer(request, response, toProblem(error, undefined));
    };
    if (hostOf(request) === undefined) return refuse('The Host header is missing (RFC 9112, section 3.2).');
    try {
      handler(request, response);
    } catch {
      refuse('The target or the Host header of the request is malformed.');
    }
  };
}

/** Answers an `Expect` other than `100-continue` (RFC 9110, section 10.1.1). */
export function createExpectationHandler(toProblem: ToProblem): HttpHandler {
  return (request: HttpRequest, response: HttpResponse) => {
    const error = new HttpError('expectation-failed', 'invalid_request', 'Only 100-continue can be expected.');
    writeAnswer(request, response, toProblem(error, undefined));
  };
}

/** Makes the whole HTTP/1.1 response to bytes that Node could not parse, or that did not come in time. */
export function createBadRequestResponse(toProblem: ToProblem): (error: NodeJS.ErrnoException) => string {
  return (error) => toHttp1Text(toProblem(toHttpError(error), undefined));
}

function toHttpError({ code }: NodeJS.ErrnoException): HttpError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError('header-fields-too-large', 'too_large', 'The header section of the request is too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError('request-timeout', 'deadline', 'The request did not arrive in time.');
    default:
      return new HttpError('invalid-request', 'invalid_request', 'The request is not valid HTTP/1.1.');
  }
}

function toHttp1Text({ status, headers, body }: ProblemResponse): string {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

/** HTTP/1.0 needs no Host; in HTTP/2 the authority stands in its place. */
function hostOf(request: HttpRequest): string | undefined {
  if ('authority' in request) return request.authority ?? request.headers.host;
  return request.headers.host ?? (request.httpVersion === '1.0' ? '' : undefined);
}
