type Method = (...args: never[]) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: the arguments are those of whichever method it is.
type Arguments = readonly any[];

/** A call that a test holds. */
export interface HeldCall {
  /** Resolves when the call has come to where it is held. */
  readonly reached: Promise<void>;
  release(): void;
}

/** A port whose calls a test sees, holds and lets fail. Every method of it has to return a promise, or nothing. */
export interface WatchedPort<T> {
  readonly port: T;
  /** The methods called so far, in order. */
  names(): string[];
  /** The arguments of each call of a method so far. */
  argumentsOf(method: keyof T & string): Arguments[];
  /** Holds the next call of the method before it takes effect. */
  holdCall(method: keyof T & string): HeldCall;
  /** Lets the next call of the method take effect, and holds its reply. */
  holdReply(method: keyof T & string): HeldCall;
  /** Lets every call of the method fail without effect, from now on, until `error` is undefined. */
  fail(method: keyof T & string, error: Error | undefined): void;
}

interface Hold extends HeldCall {
  arrive(): void;
  readonly released: Promise<void>;
}

export function watchPort<T extends object>(inner: T): WatchedPort<T> {
  const calls: { readonly name: string; readonly args: Arguments }[] = [];
  const heldCalls = new Map<string, Hold>();
  const heldReplies = new Map<string, Hold>();
  const failures = new Map<string, Error>();

  async function callWatched(name: string, method: Method, args: never[]): Promise<unknown> {
    await takeHold(heldCalls, name);
    const failure = failures.get(name);
    if (failure !== undefined) throw failure;
    const reply = await method.apply(inner, args);
    await takeHold(heldReplies, name);
    return reply;
  }

  const port = new Proxy(inner, {
    get(target, name: string) {
      const method = Reflect.get(target, name) as Method;
      return (...args: never[]) => {
        calls.push({ name, args });
        return RETURNS_NOTHING.has(name) ? method.apply(target, args) : callWatched(name, method, args);
      };
    },
  });

  return {
    port,
    names: () => calls.map(({ name }) => name),
    argumentsOf: (method) => calls.filter(({ name }) => name === method).map(({ args }) => args),
    holdCall: (method) => hold(heldCalls, method),
    holdReply: (method) => hold(heldReplies, method),
    fail(method, error) {
      if (error === undefined) failures.delete(method);
      else failures.set(method, error);
    },
  };
}

/** Of a cache's connection. */
const RETURNS_NOTHING: ReadonlySet<string> = new Set(['onClosed', 'close']);

function hold(holds: Map<string, Hold>, name: string): HeldCall {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const held: Hold = {
    reached: reached.promise,
    arrive: reached.resolve,
    release: released.resolve,
    released: released.promise,
  };
  holds.set(name, held);
  return held;
}

async function takeHold(holds: Map<string, Hold>, name: string): Promise<void> {
  const held = holds.get(name);
  if (held === undefined) return;
  holds.delete(name);
  held.arrive();
  await held.released;
}
