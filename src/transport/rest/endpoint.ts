import type { Answer } from '../http/answer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { RouteMatch } from './router.ts';

/** Answers one request of a route; what it throws becomes a problem. */
export type Endpoint = (request: HttpRequest, pathValues: RouteMatch<unknown>['pathValues']) => Promise<Answer>;
