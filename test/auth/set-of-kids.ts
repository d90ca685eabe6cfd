import { errors, type JWTVerifyGetKey } from 'jose';

/** What every kid of such a set stands for: an HS256 secret. */
export const SECRET = 'the key that every kid stands for';

/** A set in which the key of each of these kids is found, and no other. */
export function setOf(kids: readonly string[]): JWTVerifyGetKey {
  return async ({ kid }) => {
    if (!kids.includes(`${kid}`)) throw new errors.JWKSNoMatchingKey();
    return new TextEncoder().encode(SECRET);
  };
}
