import type { Socket } from 'node:net';

/** One direction of a proxied connection: what comes from one socket goes to the other, in order. */
export interface OneWay {
  /** `held`: nothing goes on until it is false again. `delayMs`: what comes from now on goes on so much later. */
  set(state: { readonly held: boolean; readonly delayMs: number }): void;
}

/** A piece of data, the sender's end (`end`), or the loss of its connection (`close`). */
interface Item {
  readonly what: Buffer | 'end' | 'close';
  readonly dueAtMs: number;
}

/** Not bounded: it is for tests. */
export function createOneWay(from: Socket, to: Socket): OneWay {
  const queue: Item[] = [];
  let held = false;
  let delayMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function add(what: Item['what']): void {
    // Never due before what is in front of it, also when the delay has become shorter.
    const dueAtMs = Math.max(performance.now() + delayMs, queue.at(-1)?.dueAtMs ?? 0);
    queue.push({ what, dueAtMs });
    forward();
  }

  function forward(): void {
    clearTimeout(timer);
    for (let item = queue[0]; item !== undefined && !held; item = queue[0]) {
      const waitMs = item.dueAtMs - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(forward, Math.ceil(waitMs));
        return;
      }
      queue.shift();
      deliver(item.what);
    }
  }

  function deliver(what: Item['what']): void {
    if (to.destroyed) return;
    if (what === 'close') to.destroy();
    else if (what === 'end') to.end();
    else to.write(what);
  }

  from.on('data', add);
  from.once('end', () => add('end'));
  from.once('close', () => add('close'));
  // The event `close` follows, and is what counts.
  from.on('error', () => undefined);

  return {
    set(state) {
      ({ held, delayMs } = state);
      forward();
    },
  };
}
