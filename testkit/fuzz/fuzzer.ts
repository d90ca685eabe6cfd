import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '../mulberry32.ts';
import { http1Bytes } from './http1-bytes.ts';
import { http2Bytes } from './http2-bytes.ts';

export interface FuzzOptions {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Determines what each connection sends, and how it ends. */
  readonly seed: number;
  readonly connections: number;
  /** Connections at once; 100 by default. */
  readonly concurrency?: number;
}

/** Longest time that a connection stays open without sending anything, in milliseconds. */
const MAX_PAUSE_MS = 30;
/** A client that has ended its side is gone when the service has ended the other, or after this, in milliseconds. */
const MAX_WAIT_MS = 100;

/** Opens many connections over every protocol, sends what is mostly a request, and aborts each at random. */
export async function fuzz({ seed, connections, concurrency = 100, ...ports }: FuzzOptions): Promise<void> {
  let next = 0;
  const run = async () => {
    // Each connection has a seed of its own: what it sends doesn't depend on the speed of the others.
    for (let index = next++; index < connections; index = next++) await abortOne(createRandom(seed + index), ports);
  };
  await Promise.all(Array.from({ length: concurrency }, run));
}

async function abortOne(random: Random, { httpPort, grpcPort }: Pick<FuzzOptions, 'httpPort' | 'grpcPort'>) {
  const port = random.next() < 0.5 ? httpPort : grpcPort;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: random.next() < 0.5 });
  socket.on('error', () => undefined);
  if (random.next() < 0.8) socket.resume();
  if (!(await connected(socket))) return;
  for (const segment of segmentsOf(mutate(random, bytesFor(random)), random)) {
    if (socket.destroyed) break;
    socket.write(segment);
    if (random.next() < 0.3) await delay(random.below(MAX_PAUSE_MS));
  }
  await leave(socket, random);
}

function connected(socket: Socket): Promise<boolean> {
  return once(socket, 'connect').then(
    () => true,
    () => false,
  );
}

function bytesFor(random: Random): Buffer {
  const kind = random.next();
  if (kind < 0.4) return http1Bytes(random);
  if (kind < 0.97) return http2Bytes(random);
  return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
}

/** Cuts the bytes off, or changes a few of them, now and then. */
function mutate(random: Random, bytes: Buffer): Buffer {
  const cut = random.next() < 0.3 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  if (random.next() < 0.7) return cut;
  const changed = Buffer.from(cut);
  for (let i = random.below(4); i > 0 && changed.length > 0; i--)
    changed[random.below(changed.length)] = random.below(256);
  return changed;
}

/** One segment, or a few. */
function segmentsOf(bytes: Buffer, random: Random): Buffer[] {
  const segments: Buffer[] = [];
  let rest = bytes;
  for (let cuts = random.below(3); cuts > 0 && rest.length > 1; cuts--) {
    const length = 1 + random.below(rest.length - 1);
    segments.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...segments, rest];
}

async function leave(socket: Socket, random: Random): Promise<void> {
  const how = random.next();
  if (how < 0.4) socket.resetAndDestroy();
  else if (how < 0.6) socket.destroy();
  else {
    socket.end();
    await Promise.race([once(socket, 'close').catch(() => undefined), delay(MAX_WAIT_MS)]);
    socket.destroy();
  }
}
