import findMyWay, { type HTTPMethod } from 'find-my-way';
import { HttpError } from '../http/problem-details.ts';
import type { HttpRule } from './http-rule.ts';

/** What a path leads to. */
export interface RouteMatch<T> {
  readonly target: T;
  /** The path's values by the names in the template, percent-decoded; `%2F` in a value is data. */
  readonly pathValues: Readonly<Record<string, string | undefined>>;
}

export interface Router<T> {
  add(rule: HttpRule, target: T): void;
  /**
   * Finds the target of a request. HEAD is served by GET (RFC 9110, section 9.3.2).
   *
   * @throws HttpError 400 when the path is not percent-encoded correctly, 404 when no route has the path, 405 with
   *   `Allow` when those that have it want another method
   */
  find(method: string, path: string): RouteMatch<T>;
}

/** Longer than any request line that the server accepts: every length is a matter of the value's own rule. */
const MAX_VALUE_LENGTH = 1_000_000;

export function createRouter<T>(): Router<T> {
  const routes = findMyWay({ maxParamLength: MAX_VALUE_LENGTH, onBadUrl: () => undefined });
  const methods = new Set<HttpRule['httpMethod']>();

  function match(method: string, path: string): RouteMatch<T> | undefined {
    const found = routes.find(method as HTTPMethod, path);
    if (found === null) return undefined;
    // Only a route that was added has a target; what is left is find-my-way's own answer to a bad URL.
    if (found.store === null) {
      throw new HttpError('invalid-request', 'invalid_request', 'The path is not correctly percent-encoded.');
    }
    // find-my-way lets a parameter be empty; `{field}` stands for a segment with something in it.
    if (Object.values(found.params).includes('')) return undefined;
    return { target: (found.store as { target: T }).target, pathValues: found.params };
  }

  return {
    add({ httpMethod, segments }, target) {
      methods.add(httpMethod);
      const path = segments.map((segment) => (segment.kind === 'literal' ? segment.text : `:${segment.fieldName}`));
      routes.on(httpMethod, `/${path.join('/')}`, () => undefined, { target });
    },

    find(method, path) {
      const found = match(method === 'HEAD' ? 'GET' : method, path);
      if (found !== undefined) return found;
      const allowed: string[] = [...methods].filter((other) => match(other, path) !== undefined);
      if (allowed.length === 0) throw new HttpError('not-found', 'not_found', 'There is nothing at this path.');
      if (allowed.includes('GET')) allowed.push('HEAD');
      const allow = allowed.sort().join(', ');
      throw new HttpError('method-not-allowed', 'invalid_request', `This path takes ${allow}.`, { allow });
    },
  };
}
