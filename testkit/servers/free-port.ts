import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/**
 * Below the range from which systems take the ports of outgoing connections: a server that is killed and started again
 * on its port would otherwise sometimes find a client there.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 31_999;
const DRAWS = 100;

/**
 * A TCP port of 127.0.0.1 that is free at the moment. Another process may take it before the caller does; in this process
 * it is not returned again, since a server may come back to it after a restart.
 */
export function findFreePort(): Promise<number> {
  return getPort({ port: drawPorts(), host: '127.0.0.1', reserve: true });
}

/** At random, since several processes look at once. After them `getPort` takes one that the system chooses. */
function* drawPorts(): Generator<number> {
  for (let draw = 0; draw < DRAWS; draw++) yield randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
}
