import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { KeyService } from '../gen/iterapay/keys/v1/keys_pb.js';
import { print, quantile } from './cpu.ts';
import type { ServerProcess } from './server-process.ts';

/** Calls one service, one call after the other. */
export interface ServiceClient {
  generate(merchantId: string): Promise<string>;
  revoke(merchantId: string): Promise<void>;
  validate(apiKey: string): Promise<boolean>;
}

export function createServiceClient({ grpcPort }: ServerProcess, token: string): ServiceClient {
  const client = createClient(KeyService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${grpcPort}` }));
  const headers = { authorization: `Bearer ${token}` };
  return {
    generate: async (merchantId) => (await client.generate({ merchantId }, { headers })).apiKey,
    revoke: async (merchantId) => {
      await client.revoke({ merchantId }, { headers });
    },
    validate: async (apiKey) => (await client.validate({ apiKey }, { headers })).valid,
  };
}

/** Runs a call again and again, and prints its median and 99th percentile. */
export async function reportLatency(
  name: string,
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  const durationsMs: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAtMs = performance.now();
    await call(index);
    durationsMs.push(performance.now() - startedAtMs);
  }
  const [p50, p99] = [0.5, 0.99].map((part) => quantile(durationsMs, part).toFixed(2));
  print(`${name.padEnd(44)}p50 ${p50} ms, p99 ${p99} ms (${count} calls, one after the other)`);
}
