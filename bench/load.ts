import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { ValidateRequestSchema } from '../gen/iterapay/keys/v1/keys_pb.js';
import { LOAD_CORE, type ServerProcess } from './server-process.ts';

const execute = promisify(execFile);

/** Sends Validate for one key again and again over gRPC. */
export interface ValidateLoad {
  /**
   * Sends `count` calls over 4 connections with 16 streams each, and waits for their answers.
   *
   * @returns the server's processor time for each call, in microseconds
   */
  cpuMicrosPerCall(server: ServerProcess, count: number): Promise<number>;
  /** Sends them, and waits for their answers. */
  send(server: ServerProcess, count: number): Promise<void>;
  dispose(): void;
}

/** @throws Error that says how to get h2load where it is missing */
export async function createValidateLoad(apiKey: string, token?: string): Promise<ValidateLoad> {
  await execute('h2load', ['--version']).catch(() => {
    throw new Error('h2load is missing. It is in Debian’s package nghttp2-client: apt-get install nghttp2-client');
  });
  const directory = mkdtempSync(join(tmpdir(), 'iterapay-keys-bench-'));
  const bodyFile = join(directory, 'request.bin');
  writeFileSync(bodyFile, grpcFrame(toBinary(ValidateRequestSchema, create(ValidateRequestSchema, { apiKey }))));

  async function send({ grpcPort }: ServerProcess, count: number): Promise<void> {
    const url = `http://127.0.0.1:${grpcPort}/iterapay.keys.v1.KeyService/Validate`;
    const headers = ['content-type: application/grpc', 'te: trailers'];
    if (token !== undefined) headers.push(`authorization: Bearer ${token}`);
    const args = ['-c', LOAD_CORE, 'h2load', '-c', '4', '-m', '16', '-n', String(count), '-d', bodyFile];
    const { stdout } = await execute('taskset', [...args, ...headers.flatMap((header) => ['-H', header]), url]);
    if (!stdout.includes(`${count} succeeded, 0 failed, 0 errored`)) throw new Error(`calls failed:\n${stdout}`);
  }

  return {
    send,
    async cpuMicrosPerCall(server, count) {
      const before = server.cpuMicros();
      await send(server, count);
      return (server.cpuMicros() - before) / count;
    },
    dispose: () => rmSync(directory, { recursive: true }),
  };
}

/** gRPC over HTTP/2: one byte for "not compressed", four for the length, then the message. */
function grpcFrame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
