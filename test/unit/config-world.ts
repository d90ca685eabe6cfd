import { AssertionError } from 'chai';
import { readConfig } from '../../src/config/config.ts';
import { StartError } from '../../src/core/start-error.ts';

export type Environment = Readonly<Record<string, string>>;

/** A JWT key and what goes with it. */
export const JWT: Environment = {
  JWT_HS256_SECRET: 'a secret of at least thirty-two bytes',
  JWT_ISSUER: 'https://login.test',
  JWT_AUDIENCE: 'keys',
};

/** Published keys and what goes with them. */
export const PUBLISHED_KEYS: Environment = {
  JWT_JWKS_URL: 'https://login.test/jwks',
  JWT_ISSUER: 'https://login.test',
  JWT_AUDIENCE: 'keys',
};

/** The message with which the environment is refused; the test fails when it is not. */
export function refusalOf(environment: Environment): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new AssertionError(`expected a refusal of ${Object.keys(environment).join(', ')}`);
}
