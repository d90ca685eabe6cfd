import { type ErrorCode, ServiceError, toServiceError } from '../../core/errors.ts';
import type { Answer } from './answer.ts';

/** The published problem types, with their status and title. */
const PROBLEMS = {
  'invalid-request': [400, 'Invalid Request'],
  unauthorized: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not Found'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'request-timeout': [408, 'Request Timeout'],
  'content-too-large': [413, 'Content Too Large'],
  'expectation-failed': [417, 'Expectation Failed'],
  'too-many-requests': [429, 'Too Many Requests'],
  'header-fields-too-large': [431, 'Request Header Fields Too Large'],
  'internal-error': [500, 'Internal Error'],
  unavailable: [503, 'Unavailable'],
  timeout: [504, 'Timeout'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemType = keyof typeof PROBLEMS;

/** The problem of each stable code. */
const PROBLEM_OF_CODE: Readonly<Record<ErrorCode, ProblemType>> = {
  invalid_request: 'invalid-request',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  not_found: 'not-found',
  too_large: 'content-too-large',
  rate_limited: 'too-many-requests',
  deadline: 'timeout',
  unavailable: 'unavailable',
  outcome_unknown: 'unavailable',
  revocation_unconfirmed: 'unavailable',
  internal: 'internal-error',
};

/** Seconds after which a request that met a passing fault may be sent again. */
const RETRY_AFTER_S = '1';

/** An error that HTTP has a status of its own for; its stable code is the nearest one of the contract. */
export class HttpError extends ServiceError {
  readonly problemType: ProblemType;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problemType: ProblemType,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message);
    this.problemType = problemType;
    this.headers = headers;
  }
}

/** Makes problem details (RFC 9457, section 3.1, and the member `code`) of anything that was thrown. */
export type ToProblem = (
  thrown: unknown,
  /** The request path, if there is one that could be read. */
  instance: string | undefined,
  /** Further members (RFC 9457, section 3.2). */
  extensions?: Readonly<Record<string, unknown>>,
) => Answer;

/**
 * @param baseUrl base of the problem types, without a slash at its end
 * @param redactKeys hides API keys: one that was put into a path must not come back in the answer
 */
export function createToProblem(baseUrl: string, redactKeys: (text: string) => string): ToProblem {
  return (thrown, instance, extensions = {}) => {
    const error = toServiceError(thrown);
    const type = error instanceof HttpError ? error.problemType : PROBLEM_OF_CODE[error.code];
    const [status, title] = PROBLEMS[type];
    const body = {
      type: `${baseUrl}/${type}`,
      title,
      status,
      detail: error.message,
      ...(instance !== undefined && { instance: redactPath(instance, redactKeys) }),
      code: error.code,
      ...extensions,
    };
    return { status, headers: { ...headersOf(status), ...(error instanceof HttpError && error.headers) }, body };
  };
}

function headersOf(status: number): Record<string, string> {
  const headers = { 'content-type': 'application/problem+json' };
  if (status === 401) return { ...headers, 'www-authenticate': 'Bearer realm="iterapay-keys"' };
  if (status === 429 || status === 503) return { ...headers, 'retry-after': RETRY_AFTER_S };
  return headers;
}

/** Keys are found in their percent-encoded spellings too (RFC 3986, section 6.2.2.2). */
function redactPath(path: string, redactKeys: (text: string) => string): string {
  const plain = path.replace(/%(?:[46][1-9a-f]|[57][0-9a]|3[0-9]|5f)/gi, (octet) => decodeURIComponent(octet));
  const redacted = redactKeys(plain);
  return redacted === plain ? path : redacted;
}
