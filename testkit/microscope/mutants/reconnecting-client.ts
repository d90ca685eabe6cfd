import type { CacheConnection } from '../../../src/revocation/cache-connection.ts';

const ATTEMPTS = 5;

/** A client as most are by default: it reconnects unnoticed, and sends again what was not answered. */
export function reconnecting(connect: () => Promise<CacheConnection>): () => Promise<CacheConnection> {
  return async () => {
    let connection: Promise<CacheConnection> = Promise.resolve(await connect());
    let closed = false;
    const onClosed: (() => void)[] = [];

    async function reconnect(): Promise<CacheConnection> {
      for (let attempt = 1; ; attempt++) {
        try {
          return watch(await connect());
        } catch (error) {
          if (closed || attempt === ATTEMPTS) throw error;
        }
      }
    }

    function watch(current: CacheConnection): CacheConnection {
      current.onClosed(() => {
        if (closed) return;
        connection = reconnect();
        connection.catch(() => {
          for (const callback of onClosed) callback();
        });
      });
      return current;
    }

    async function send<T>(command: (connection: CacheConnection) => Promise<T>): Promise<T> {
      const sentOn = connection;
      try {
        return await command(await sentOn);
      } catch (error) {
        if (connection === sentOn || closed) throw error;
        return command(await connection);
      }
    }

    watch(await connection);
    return {
      identify: () => send((current) => current.identify()),
      read: (key) => send((current) => current.read(key)),
      placeFillToken: (key, token, ttlMs) => send((current) => current.placeFillToken(key, token, ttlMs)),
      fill: (key, token, state, ttlMs) => send((current) => current.fill(key, token, state, ttlMs)),
      remove: (key) => send((current) => current.remove(key)),
      onClosed: (callback) => void onClosed.push(callback),
      close() {
        closed = true;
        void connection.then(
          (current) => current.close(),
          () => undefined,
        );
      },
    };
  };
}
