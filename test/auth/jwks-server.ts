import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';

/** A key pair of a login service, and the form in which its public half is published. */
export interface LoginKey {
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** @param members further members of the published form, such as `kid` */
export function createLoginKey(members: Readonly<Record<string, unknown>> = {}): LoginKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), ...members } };
}

/** A login service's server of public keys. */
export interface JwksServer {
  /** The settings of a service that asks it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** How often it was asked. */
  downloads(): number;
  /** From now on answers with these keys. */
  publish(...keys: readonly LoginKey[]): void;
  /** From now on answers like this. */
  answer(respond: (response: ServerResponse) => void): void;
  /** Ends its connections and listens no longer. */
  close(): Promise<void>;
}

/** @param port `0` lets the system choose */
export async function startJwksServer(port = 0): Promise<JwksServer> {
  let downloads = 0;
  let respond = (response: ServerResponse): void => void response.end('{"keys":[]}');
  const server = createServer((_request, response) => {
    downloads++;
    respond(response);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;
  return {
    environment: {
      ...JWT_ENVIRONMENT,
      JWT_HS256_SECRET: '',
      JWT_JWKS_URL: `http://127.0.0.1:${listening}/.well-known/jwks.json`,
    },
    port: listening,
    downloads: () => downloads,
    publish(...keys) {
      const body = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
      respond = (response) => response.setHeader('content-type', 'application/json').end(body);
    },
    answer(next) {
      respond = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}
