import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { JWT_ENVIRONMENT } from '../service/tokens.ts';

/** A server of the keys of tokens that keeps its answer back: each call whose token it is to check takes so long. */
export interface HeldJwks {
  /** The settings of a service that asks it for every token. */
  readonly environment: Readonly<Record<string, string>>;
  /** An `authorization` value whose token is good as soon as the keys are served. */
  readonly authorization: string;
  /** Resolves when a service has asked: a call with the token is under way. */
  asked(): Promise<void>;
  /** Answers the requests that wait, and all later ones. */
  release(): void;
  close(): void;
}

export async function startHeldJwks(): Promise<HeldJwks> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });
  const held: ServerResponse[] = [];
  let isReleased = false;
  const server = createServer((_request, response) => {
    if (isReleased) answer(response);
    else held.push(response);
    server.emit('held');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function answer(response: ServerResponse): void {
    response.setHeader('content-type', 'application/json').end(keys);
  }

  const token = new SignJWT({ merchant_id: '*', scope: 'keys.validate' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(JWT_ENVIRONMENT.JWT_ISSUER)
    .setAudience(JWT_ENVIRONMENT.JWT_AUDIENCE)
    .setExpirationTime('10m');
  return {
    environment: {
      ...JWT_ENVIRONMENT,
      JWT_HS256_SECRET: '',
      JWT_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
      VALIDATE_AUTH: 'jwt',
    },
    authorization: `Bearer ${await token.sign(privateKey)}`,
    async asked() {
      if (held.length === 0) await once(server, 'held');
    },
    release() {
      isReleased = true;
      for (const response of held.splice(0)) answer(response);
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
