/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** The credentials in a value of `Authorization`; undefined when it is not of the form `Bearer <credentials>`. */
export function parseBearer(authorization: string): string | undefined {
  return BEARER.exec(authorization)?.[1];
}
