import { writeSync } from 'node:fs';

/** Takes text without ever waiting for its reader. */
export interface LogOutput {
  /** Writes a whole line, or several; what cannot be written now waits, and is dropped where too much waits already. */
  write(text: string): void;
  /** Writes what waits, for the time before the process exits: for `flushTimeoutMs` at most, blocking. */
  flush(): void;
}

export interface LogOutputOptions {
  /** Opens the descriptor that is written to, at the first write; one that does not block. */
  readonly open: () => number;
  /** Most text that waits, in bytes of UTF-8. */
  readonly maxQueuedBytes: number;
  /** Is called for each text that was dropped. */
  readonly onDropped: () => void;
  /** The line that stands for `count` texts which were dropped. */
  readonly droppedLine: (count: number) => string;
  /** Pause before what could not be written is tried again, in milliseconds; 100 by default. */
  readonly retryMs?: number;
  /** Longest time that `flush` waits for a reader, in milliseconds; 500 by default. */
  readonly flushTimeoutMs?: number;
}

/** Pause between two attempts of `flush`, in milliseconds. */
const FLUSH_INTERVAL_MS = 5;

/**
 * As long as the text is taken it is written before `write` returns, so that no line is lost however the process ends.
 * A pipe whose reader stalls (EAGAIN) and a full disk (ENOSPC, EFBIG, …) are treated alike: what comes then is kept up
 * to the limit and tried again, in order, and a text that was written in part goes on where it stopped. Once something
 * was dropped everything is, until all that was kept is written: then comes the line with the count.
 *
 * Not pino's own destination (sonic-boom 4.2): its asynchronous writes leave a line in the thread pool when the process
 * exits (https://github.com/pinojs/sonic-boom/issues/101), and a write that blocks there blocks the exit too.
 */
export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { open, maxQueuedBytes, onDropped, droppedLine, retryMs = 100, flushTimeoutMs = 500 } = options;
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let dropped = 0;
  let descriptor: number | undefined;
  let retry: NodeJS.Timeout | undefined;

  function enqueue(bytes: Buffer): void {
    queue.push(bytes);
    queuedBytes += bytes.length;
  }

  /** Writes until all is written. Returns the code of the error that it stopped at. */
  function pump(): string | undefined {
    for (;;) {
      const bytes = queue[0];
      if (bytes === undefined) {
        if (dropped === 0) return undefined;
        enqueue(Buffer.from(droppedLine(dropped)));
        dropped = 0;
        continue;
      }
      let written: number;
      try {
        descriptor ??= open();
        written = writeSync(descriptor, bytes);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
      queuedBytes -= written;
      if (written === bytes.length) queue.shift();
      else queue[0] = bytes.subarray(written);
    }
  }

  function pumpOrRetry(): void {
    retry = undefined;
    if (pump() === undefined) return;
    retry = setTimeout(pumpOrRetry, retryMs);
    retry.unref();
  }

  return {
    write(text) {
      const bytes = Buffer.from(text);
      if (dropped > 0 || queuedBytes + bytes.length > maxQueuedBytes) {
        dropped++;
        onDropped();
      } else {
        enqueue(bytes);
      }
      // While something waits, a write for each line would be tried without success.
      if (retry === undefined) pumpOrRetry();
    },

    flush() {
      const deadlineMs = performance.now() + flushTimeoutMs;
      while (pump() === 'EAGAIN' && performance.now() < deadlineMs) sleep(FLUSH_INTERVAL_MS);
    },
  };
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
