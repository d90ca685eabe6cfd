import type { CacheConnection } from '../../src/revocation/cache-connection.ts';
import type { Network } from './network.ts';
import type { ProcessLife } from './process-life.ts';
import type { Steps } from './steps.ts';

export interface CacheClientOptions {
  readonly life: ProcessLife;
  readonly network: Network;
  readonly steps: Steps;
  /** Connects at the cache itself. */
  readonly connect: () => Promise<CacheConnection>;
  readonly timeoutMs: number;
  readonly isCut: () => boolean;
}

const failed = (what: string) => new Error(`${what}: no answer from the cache`);

/** Connects over the network. The connection ends with the process, as the kernel ends those of a process that is gone. */
export async function connectOverNetwork(options: CacheClientOptions): Promise<CacheConnection> {
  const { life, network, timeoutMs, isCut, connect } = options;
  const command = { what: 'connect', timeoutMs, isCut, failure: failed };
  const atCache = await network.send(life, command, async () => {
    const connection = await connect();
    life.onCrash(() => connection.close());
    return connection;
  });
  return createClientSide(atCache, options);
}

function createClientSide(atCache: CacheConnection, options: CacheClientOptions): CacheConnection {
  const { life, network, steps, timeoutMs, isCut } = options;
  let closed = false;
  const onClosed: (() => void)[] = [];
  const unanswered = new Set<(error: Error) => void>();

  function closeHere(): void {
    if (closed) return;
    closed = true;
    for (const reject of unanswered) reject(new Error('the connection is closed'));
    for (const callback of onClosed) callback();
  }

  /** Never sent again and never queued for later. */
  function send<T>(what: string, effect: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => {
      unanswered.add(reject);
      network
        .send(life, { what, timeoutMs, isCut, failure: failed }, effect)
        .then(resolve, reject)
        .finally(() => unanswered.delete(reject));
    });
  }

  atCache.onClosed(() => network.notify(life, 'the connection to the cache is closed', closeHere));
  return {
    identify: () => send('INFO', () => atCache.identify()),
    read: (key) => send('GETEX', () => atCache.read(key)),
    placeFillToken: (key, token, ttlMs) => send('SET NX', () => atCache.placeFillToken(key, token, ttlMs)),
    fill: (key, token, state, ttlMs) => send('fill', () => atCache.fill(key, token, state, ttlMs)),
    remove: (key) => send('DEL', () => atCache.remove(key)),
    onClosed(callback) {
      if (closed) callback();
      else onClosed.push(callback);
    },
    close() {
      if (closed) return;
      closeHere();
      // What was sent before may still be executed there.
      void steps.turn(`${life.name}: its connection ends at the cache`).then(() => atCache.close());
    },
  };
}
