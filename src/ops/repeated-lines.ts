/** The levels of lines that calls can cause. */
export type RepeatedLevel = 'info' | 'warn' | 'error';

/** Lines that a caller, or a fault of a server behind, could otherwise repeat without limit. */
export interface RepeatedLines {
  /**
   * Logs the first line of a kind at once, and then at most one an interval: the latest, whose member `count` says how
   * many it stands for, itself included.
   *
   * @param kind what is counted together; from a small set, never from a caller
   */
  log(level: RepeatedLevel, kind: string, members: object, message: string): void;
  /** Logs what was held back, and holds nothing back any more: the service is about to stop. */
  close(): void;
}

export interface RepeatedLinesOptions {
  readonly intervalMs: number;
  /** Calls back once, after `ms` milliseconds, unless the function that it returns is called first. */
  readonly startTimer?: (callback: () => void, ms: number) => () => void;
}

type Line = readonly [level: RepeatedLevel, members: object, message: string];

interface HeldBack {
  count: number;
  latest: Line | undefined;
  cancelTimer: () => void;
}

/** Further kinds are counted together: should a kind ever depend on a caller, it still cannot fill the memory. */
const MAX_KINDS = 100;
const OTHER_KINDS = 'others';

type Logger = Readonly<Record<RepeatedLevel, (members: object, message: string) => void>>;

export function createRepeatedLines(logger: Logger, options: RepeatedLinesOptions): RepeatedLines {
  const { intervalMs, startTimer = startUnreferencedTimer } = options;
  const kinds = new Map<string, HeldBack>();
  let closed = false;

  function write([level, members, message]: Line, count: number): void {
    logger[level]({ ...members, count }, message);
  }

  function start(kind: string): () => void {
    return startTimer(() => intervalEnded(kind), intervalMs);
  }

  function intervalEnded(kind: string): void {
    const held = kinds.get(kind);
    if (held === undefined) return;
    if (held.latest === undefined) {
      kinds.delete(kind);
      return;
    }
    const { latest, count } = held;
    kinds.set(kind, { count: 0, latest: undefined, cancelTimer: start(kind) });
    write(latest, count);
  }

  return {
    log(level, ownKind, members, message) {
      const line: Line = [level, members, message];
      if (closed) return write(line, 1);
      const kind = kinds.has(ownKind) || kinds.size < MAX_KINDS ? ownKind : OTHER_KINDS;
      const held = kinds.get(kind);
      if (held !== undefined) {
        held.count++;
        held.latest = line;
        return;
      }
      kinds.set(kind, { count: 0, latest: undefined, cancelTimer: start(kind) });
      write(line, 1);
    },

    close() {
      closed = true;
      for (const { cancelTimer, latest, count } of kinds.values()) {
        cancelTimer();
        if (latest !== undefined) write(latest, count);
      }
      kinds.clear();
    },
  };
}

function startUnreferencedTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
