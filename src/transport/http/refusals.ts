import { type Answer, toHttp1Text, writeAnswer } from './answer.ts';
import { HttpError, type ToProblem } from './problem-details.ts';
import type { HttpHandler } from './request.ts';

/** How requests are refused that Node does not hand to the handler. Texts are the bytes of a whole HTTP/1.1 response. */
export interface HttpRefusals {
  /** What is not even a request, or did not come in time. */
  readonly malformed: (error: NodeJS.ErrnoException) => string;
  /** An `Expect` that is not `100-continue` (RFC 9110, section 10.1.1). */
  readonly expectation: HttpHandler;
  /** CONNECT over HTTP/2. */
  readonly tunnel: HttpHandler;
  /** CONNECT over HTTP/1.1. */
  readonly tunnelText: () => string;
}

const EXPECTATION = new HttpError('expectation-failed', 'invalid_request', 'Only 100-continue can be expected.');
const TUNNEL = new HttpError('method-not-allowed', 'invalid_request', 'CONNECT is not supported.', {
  allow: 'DELETE, GET, HEAD, POST',
});

/** Gives the refusals their form as problem details. */
export function createHttpRefusals(toProblem: ToProblem): HttpRefusals {
  const toAnswer = (error: HttpError): Answer => toProblem(error, undefined);
  const answering =
    (error: HttpError): HttpHandler =>
    (_request, response) =>
      writeAnswer(response, toAnswer(error));
  return {
    malformed: (error) => toHttp1Text(toAnswer(toHttpError(error))),
    expectation: answering(EXPECTATION),
    tunnel: answering(TUNNEL),
    tunnelText: () => toHttp1Text(toAnswer(TUNNEL)),
  };
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
