import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { KeyFormat } from '../core/api-key.ts';
import { ServiceError } from '../core/errors.ts';
import { parseBearer } from './bearer.ts';
import { elapsedMs, type Moment } from './moment.ts';
import type { TokenKey } from './token-key.ts';
import { readClaims, type VerifiedToken } from './verified-token.ts';

/** Checks login and service tokens. */
export interface TokenVerifier {
  /**
   * Checks the bearer token of a request.
   *
   * @param authorizationHeader every value of the request's `authorization` header or metadata
   * @throws ServiceError `unauthenticated`, whose message says what is wrong and never echoes the token;
   *   `unavailable` when the published keys cannot be reached
   */
  verify(authorizationHeader: readonly string[]): Promise<VerifiedToken>;
}

export interface TokenVerifierOptions {
  readonly tokenKey: TokenKey;
  readonly issuer: string;
  readonly audience: string;
  readonly merchantClaim: string;
  /** Recognises an API key, which is no token, so that the error can say so. */
  readonly keyFormat: KeyFormat;
  readonly clock: () => Moment;
}

const MAX_TOKEN_LENGTH = 8192;
const CLOCK_TOLERANCE_S = 5;
const MAX_CACHED_TOKENS = 10_000;
/** How long a token that was checked is believed without another check, unless it expires or its key may go sooner. */
const MAX_CACHE_AGE_MS = 60_000;

interface CheckedToken {
  readonly token: VerifiedToken;
  readonly checkedAt: Moment;
  readonly believedForMs: number;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { tokenKey, merchantClaim, keyFormat, clock } = options;
  const checked = new LRUCache<string, CheckedToken>({ max: MAX_CACHED_TOKENS });
  const maxAgeMs = Math.min(MAX_CACHE_AGE_MS, tokenKey.maxTokenAgeMs ?? MAX_CACHE_AGE_MS);
  const verifyOptions: JWTVerifyOptions = {
    algorithms: [...tokenKey.algorithms],
    issuer: options.issuer,
    audience: options.audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
  };

  async function check(token: string): Promise<VerifiedToken> {
    if (token.length > MAX_TOKEN_LENGTH) {
      throw unauthenticated(`The token is longer than ${MAX_TOKEN_LENGTH} characters.`);
    }
    if (keyFormat.looksLikeKey(token)) {
      throw unauthenticated('An API key is not accepted here; send a login token (JWT).');
    }
    let claims: JWTPayload;
    try {
      const currentDate = new Date(clock().wallMs);
      claims = await verifyJwt(token, tokenKey, { ...verifyOptions, currentDate });
    } catch (error) {
      throw toVerificationError(error);
    }
    const verified = readClaims(claims, merchantClaim);
    const checkedAt = clock();
    const believedForMs = Math.min(maxAgeMs, verified.expiresAtMs - checkedAt.wallMs);
    if (believedForMs > 0) checked.set(token, { token: verified, checkedAt, believedForMs });
    return verified;
  }

  return {
    async verify(authorizationHeader) {
      const token = bearerToken(authorizationHeader);
      const known = checked.get(token);
      if (known !== undefined && elapsedMs(known.checkedAt, clock()) < known.believedForMs) return known.token;
      return await check(token);
    },
  };
}

function bearerToken(authorizationHeader: readonly string[]): string {
  const [value, second] = authorizationHeader;
  if (second !== undefined) throw unauthenticated('The Authorization header is repeated; send it once.');
  if (value === undefined || value === '') throw unauthenticated('A bearer token is missing.');
  const token = parseBearer(value);
  if (token === undefined) throw unauthenticated('The Authorization header is not of the form "Bearer <token>".');
  return token;
}

async function verifyJwt(token: string, { key }: TokenKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  if (typeof key !== 'function') return (await jwtVerify(token, key, options)).payload;
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // The token names no key and several would fit, as while keys rotate: it is good if one of them verifies it.
    for await (const candidate of error) {
      try {
        return (await jwtVerify(token, candidate, options)).payload;
      } catch (mismatch) {
        // A key that cannot be used, such as one that is too short, is a TypeError: it makes no other key bad.
        if (!(mismatch instanceof errors.JWSSignatureVerificationFailed || mismatch instanceof TypeError))
          throw mismatch;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Says in the caller's words what jose found; whatever isn't about the token is about the published keys. */
function toVerificationError(error: unknown): ServiceError {
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.', error);
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(claimProblem(error), error);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return unauthenticated('The token is signed with an algorithm that is not allowed.', error);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return unauthenticated('The signature of the token is wrong.', error);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return unauthenticated('The token is signed with a key that is not known.', error);
  }
  if (
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  ) {
    return unauthenticated('The token is malformed: it is not a signed JWT.', error);
  }
  return new ServiceError('unavailable', 'The keys that tokens are checked with cannot be fetched.', { cause: error });
}

function claimProblem({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `The token has no ${claim} claim.`;
  if (reason === 'invalid') return `The ${claim} claim of the token is invalid.`;
  switch (claim) {
    case 'aud':
      return 'The token is for another audience.';
    case 'iss':
      return 'The token is from another issuer.';
    case 'nbf':
      return 'The token is not valid yet.';
    default:
      return `The ${claim} claim of the token is invalid.`;
  }
}

function unauthenticated(message: string, cause?: unknown): ServiceError {
  return new ServiceError('unauthenticated', message, { cause });
}
