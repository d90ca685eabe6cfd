import { findFreePort } from './free-port.ts';
import type { OwnedProcess } from './owned-process.ts';

/** Another process may take a port between the moment it is found and the moment it is used. */
const START_ATTEMPTS = 3;

/** Starts a server on a port that nobody has, and tries another port where that fails. */
export async function startOnFreePort(start: (port: number) => Promise<OwnedProcess>) {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort();
    try {
      return { port, running: await start(port) };
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}
