import { expect } from 'chai';
import type { HttpReply } from './http-call.ts';

/** The published problem of each status. */
const PROBLEMS: Readonly<Record<number, readonly [type: string, title: string]>> = {
  400: ['invalid-request', 'Invalid Request'],
  401: ['unauthorized', 'Unauthorized'],
  403: ['forbidden', 'Forbidden'],
  404: ['not-found', 'Not Found'],
  405: ['method-not-allowed', 'Method Not Allowed'],
  408: ['request-timeout', 'Request Timeout'],
  413: ['content-too-large', 'Content Too Large'],
  500: ['internal-error', 'Internal Error'],
  417: ['expectation-failed', 'Expectation Failed'],
  431: ['header-fields-too-large', 'Request Header Fields Too Large'],
  503: ['unavailable', 'Unavailable'],
  504: ['timeout', 'Timeout'],
};

export interface ExpectedProblem {
  readonly status: number;
  readonly code: string;
  /** Undefined: there is no path that could be named. */
  readonly instance: string | undefined;
  readonly detail?: RegExp;
  /** Members after the usual ones. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Checks a whole problem: its exact members in their order, and the headers that each error must have. */
export function expectProblem(reply: HttpReply, expected: ExpectedProblem): void {
  const { status, code, instance, extensions = {} } = expected;
  const [type, title] = PROBLEMS[status] ?? ['', ''];

  expect(reply.status, reply.text).to.equal(status);
  const { detail } = JSON.parse(reply.text) as { detail: unknown };
  expect(detail)
    .to.be.a('string')
    .and.match(expected.detail ?? /^[A-Z].*\.$/);
  const members = {
    type: `https://example.com/probs/${type}`,
    title,
    status,
    detail,
    ...(instance !== undefined && { instance }),
    code,
    ...extensions,
  };
  expect(reply.text).to.equal(JSON.stringify(members));
  expectProblemHeaders(reply);
}

/** The headers of an error, which are there without a body too (HEAD). */
export function expectProblemHeaders({ status, headers }: HttpReply): void {
  expect(headers['content-type']).to.equal('application/problem+json');
  expect(headers['cache-control']).to.equal('no-store');
  expect(headers['www-authenticate']).to.equal(status === 401 ? 'Bearer realm="iterapay-keys"' : undefined);
  expect(headers['retry-after']).to.equal(status === 503 ? '1' : undefined);
  expect(headers['allow'] === undefined, 'no Allow').to.equal(status !== 405);
}
