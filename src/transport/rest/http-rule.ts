import { type DescMessage, type DescMethod, getOption, hasOption, ScalarType } from '@bufbuild/protobuf';
import { http } from '../../../gen/google/api/annotations_pb.js';

/** A segment of a path template: text to match, or a request field that takes the segment's value. */
export type TemplateSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly fieldName: string };

/** How a method is reached over HTTP: the part of google.api.http that this gateway serves. */
export interface HttpRule {
  readonly httpMethod: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly segments: readonly TemplateSegment[];
}

/** An annotation that the gateway does not serve: it stops the start, since a wrong route is worse than none. */
export class HttpRuleError extends Error {
  override readonly name = 'HttpRuleError';
}

/**
 * Reads a method's `google.api.http` option.
 *
 * @returns undefined when the method has none
 * @throws HttpRuleError when the option asks for more than templates of literals and `{field}`
 */
export function readHttpRule(method: DescMethod): HttpRule | undefined {
  if (!hasOption(method, http)) return undefined;
  const { pattern, body, additionalBindings } = getOption(method, http);
  const refuse = (why: string) => new HttpRuleError(`${method}: google.api.http: ${why}`);

  if (method.methodKind !== 'unary') throw refuse('only unary methods can be served over REST');
  if (body !== '') throw refuse('a body is not supported');
  if (additionalBindings.length > 0) throw refuse('additional_bindings are not supported');
  if (pattern.case === undefined || pattern.case === 'custom')
    throw refuse('get, put, post, delete or patch is needed');

  return toHttpRule(HTTP_METHODS[pattern.case], pattern.value, method.input, refuse);
}

const HTTP_METHODS = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE', patch: 'PATCH' } as const;

/**
 * The rule of a template whose variables are text fields of the request.
 *
 * @param refuse makes the error that says where the template stands, of what is wrong with it
 * @throws HttpRuleError when the template is no such template
 */
export function toHttpRule(
  httpMethod: HttpRule['httpMethod'],
  template: string,
  request: DescMessage,
  refuse: (why: string) => HttpRuleError,
): HttpRule {
  const segments = parseTemplate(template);
  if (segments === undefined) throw refuse(`the template ${template} is not made of literals and {field} only`);
  for (const segment of segments) {
    if (segment.kind === 'literal') continue;
    const field = request.fields.find(({ name }) => name === segment.fieldName);
    if (field?.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) {
      throw refuse(`the template ${template}: ${segment.fieldName} is not a string field of ${request.name}`);
    }
  }
  return { httpMethod, segments };
}

/**
 * Parses a path template. The grammar is the simplest part of the one in google/api/http.proto:
 *
 *     Template = "/" Segment { "/" Segment } ;
 *     Segment  = LITERAL | "{" FieldName "}" ;
 *
 * where LITERAL is made of the unreserved characters of RFC 3986, section 2.3, and a field is named once at most.
 *
 * @returns undefined when the template has any other form
 */
export function parseTemplate(template: string): TemplateSegment[] | undefined {
  if (!template.startsWith('/')) return undefined;
  const segments: TemplateSegment[] = [];
  for (const text of template.slice(1).split('/')) {
    const fieldName = /^\{([a-z][a-z0-9_]*)\}$/.exec(text)?.[1];
    if (fieldName !== undefined) segments.push({ kind: 'variable', fieldName });
    else if (/^[A-Za-z0-9._~-]+$/.test(text)) segments.push({ kind: 'literal', text });
    else return undefined;
  }
  const names = segments.flatMap((segment) => (segment.kind === 'variable' ? [segment.fieldName] : []));
  return new Set(names).size === names.length ? segments : undefined;
}
