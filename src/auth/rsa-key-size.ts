/** RFC 7518 section 3.3: shorter RSA keys must not be used. */
export const MIN_RSA_BITS = 2048;
