import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';

export interface OwnedProcessOptions {
  readonly cwd?: string;
  /** All of its environment; that of this process by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** `read` by default. */
  readonly stdout?: Output;
  readonly stderr?: Output;
}

/** A pipe that is read here; one that is not; this process's own; or a descriptor. */
export type Output = 'read' | 'unread' | 'inherit' | number;

/** Time for an orderly end before SIGKILL, in milliseconds. */
const GRACE_MS = 10_000;
/** Characters of output that are kept for error messages. */
const KEPT_OUTPUT = 8_000;
/** Ends the process whose id it is given once the pipe to its parent closes, however the parent ended. */
const GUARD_SCRIPT = 'read -r _; kill -9 "$1"';

/**
 * A process that was started here. It is signalled by its own id, and does not outlive this process: not even when that
 * is killed. It has a process group of its own, so that Ctrl-C reaches it only through `stop`.
 */
export class OwnedProcess {
  readonly pid: number;
  /** For its events and other signals. It does not keep this process from ending, unless it is referenced. */
  readonly child: ChildProcess;
  readonly #guard: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #paused = false;

  private constructor(child: ChildProcess, pid: number, { stdout = 'read', stderr = 'read' }: OwnedProcessOptions) {
    this.pid = pid;
    this.child = child;
    this.#exited = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => this.#dismissGuard());
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    };
    for (const [stream, output] of [
      [child.stdout, stdout],
      [child.stderr, stderr],
    ] as const) {
      if (output === 'read') stream?.setEncoding('utf8').on('data', keep);
    }
    this.#guard = spawn('sh', ['-c', GUARD_SCRIPT, 'sh', `${pid}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // A forgotten server must not keep this process from ending: the guard ends it then.
    for (const handle of [child, child.stdout, child.stderr, this.#guard, this.#guard.stdin]) unref(handle);
  }

  /** @throws Error when the program cannot be executed */
  static async start(
    program: string,
    programArguments: readonly string[],
    options: OwnedProcessOptions = {},
  ): Promise<OwnedProcess> {
    const { cwd, environment, stdout, stderr } = options;
    const child = spawn(program, programArguments, {
      ...(cwd !== undefined && { cwd }),
      env: environment ?? process.env,
      stdio: ['ignore', stdioOf(stdout), stdioOf(stderr)],
      detached: true,
    });
    await once(child, 'spawn');
    return new OwnedProcess(child, child.pid as number, options);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The end of what it has written to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Throws when it has ended, with what it wrote last. */
  assertRunning(): void {
    if (!this.isRunning) throw new Error(`process ${this.pid} has ended: ${this.#output}`);
  }

  /** Keeps this process from ending before it, and before the rest of its output is read. */
  ref(): void {
    for (const handle of [this.child, this.child.stdout, this.child.stderr]) {
      if (handle instanceof Socket || handle instanceof ChildProcess) handle.ref();
    }
  }

  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): void {
    this.#paused = true;
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#paused = false;
    this.child.kill('SIGCONT');
  }

  /** SIGKILL, and resolves when it is gone. */
  async kill9(): Promise<void> {
    this.ref();
    if (this.isRunning) this.child.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM, and SIGKILL for one that has not ended after ten seconds. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.ref();
    if (this.#paused) this.resume();
    if (this.isRunning) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  /** The guard goes before its pipe is closed: the id may be another process's by then. */
  #dismissGuard(): void {
    this.#guard.once('exit', () => this.#guard.stdin?.destroy());
    this.#guard.kill('SIGKILL');
  }
}

function stdioOf(output: Output = 'read'): 'pipe' | 'inherit' | number {
  return output === 'read' || output === 'unread' ? 'pipe' : output;
}

function unref(handle: unknown): void {
  if (handle instanceof Socket || handle instanceof ChildProcess) handle.unref();
}
