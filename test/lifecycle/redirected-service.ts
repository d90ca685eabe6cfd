import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { findFreePort } from '../../testkit/servers/free-port.ts';
import type { Output } from '../../testkit/servers/owned-process.ts';
import { type SpawnedService, spawnService } from '../../testkit/service/service-process.ts';
import { bearer, JWT_ENVIRONMENT } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../testkit/temporary-directory.ts';
import { waitUntil } from '../../testkit/wait-until.ts';

type Environment = Readonly<Record<string, string>>;

/** A service whose standard output and standard error lead wherever the test says. */
export interface RedirectedService {
  directory(): string;
  child(): ChildProcess;
  /** Starts the process. `command` is a shell's, to which the service is `"$@"`. */
  run(stdout: Output, stderr: Output, environment: Environment, command?: string): Promise<void>;
  /** Starts it and waits until it is ready; its log holds 1024 bytes at most. `tokens` are its settings for tokens. */
  start(stdout: Output, options?: StartOptions): Promise<void>;
  /** One call of each kind, of which the refused ones are logged. Resolves to the statuses. */
  call(): Promise<number[]>;
  /** Calls until lines had to be dropped; every call is answered as ever. */
  callUntilDropped(): Promise<void>;
  /** How many lines were dropped, as the metrics have it. */
  droppedLines(): Promise<number>;
  /** Sends SIGTERM: the service stops in time with exit code 0. */
  expectPromptEnd(): Promise<void>;
}

export interface StartOptions {
  readonly stderr?: Output;
  readonly command?: string;
  readonly tokens?: Environment;
}

export const DROPPED = 'log lines were dropped: standard output did not take them';
export const PROMPTLY = { timeoutMs: 10_000 };
const SHUTDOWN_TIMEOUT_MS = 2_000;
/** A call that the log holds up would take for ever. */
const CALL_TIMEOUT_MS = 5_000;
const STATUSES = [401, 401, 401, 401, 401, 401, 403, 200];
/** How many of a round of calls are refused, and logged. */
export const REFUSALS = STATUSES.length - 1;

/** To be called in a `describe`: the process and its directory are gone after each test. */
export function shareRedirectedService(): RedirectedService {
  let directory: TemporaryDirectory;
  let service: SpawnedService;
  let httpUrl: string;
  let adminUrl: string;

  beforeEach(() => {
    directory = createTemporaryDirectory();
  });

  afterEach(async () => {
    await service.process.kill9();
    directory.remove();
  });

  async function run(stdout: Output, stderr: Output, environment: Environment, command = 'exec "$@"'): Promise<void> {
    service = await spawnService(
      { DATA_DIR: join(directory.path, 'data'), ...environment },
      { stdout, stderr, command: ['sh', '-c', command, 'sh', process.execPath, 'src/main.ts'] },
    );
  }

  async function start(stdout: Output, { stderr = 'unread', command, tokens }: StartOptions = {}): Promise<void> {
    // The log may not hold the ports.
    const [http = 0, grpc = 0, admin = 0] = [await findFreePort(), await findFreePort(), await findFreePort()];
    httpUrl = `http://127.0.0.1:${http}`;
    adminUrl = `http://127.0.0.1:${admin}`;
    const environment = {
      ...(tokens ?? { ...JWT_ENVIRONMENT, VALIDATE_AUTH: 'jwt' }),
      HTTP_PORT: `${http}`,
      GRPC_PORT: `${grpc}`,
      ADMIN_PORT: `${admin}`,
      SHUTDOWN_TIMEOUT_MS: `${SHUTDOWN_TIMEOUT_MS}`,
      LOG_BUFFER_MAX_BYTES: '1024',
    };
    await run(stdout, stderr, environment, command);
    const isReady = async () => expect((await request(`${adminUrl}/readyz`)).status).to.equal(200);
    await waitUntil('the service is ready', isReady, PROMPTLY);
  }

  async function call(): Promise<number[]> {
    const calls: [string, RequestInit][] = [
      ['/key/validate', {}],
      ['/key/validate', { headers: { authorization: 'Basic x' } }],
      ['/key/validate', { headers: { authorization: 'Bearer x' } }],
      ['/key/validate', { headers: { authorization: await bearer({ exp: 1 }) } }],
      ['/key/validate', { headers: { authorization: await bearer({ iss: 'x' }) } }],
      ['/key/validate', { headers: { authorization: await bearer({ aud: 'x' }) } }],
      ['/key/validate', { headers: { authorization: await bearer() } }],
      ['/key/generate/m1', { method: 'POST', headers: { authorization: await bearer() } }],
    ];
    const statuses: number[] = [];
    for (const [path, init] of calls) {
      const response = await request(`${httpUrl}${path}`, init);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    return statuses;
  }

  async function droppedLines(): Promise<number> {
    const text = await (await request(`${adminUrl}/metrics`)).text();
    return Number(/^iterapay_keys_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
  }

  return {
    directory: () => directory.path,
    child: () => service.child,
    run,
    start,
    call,
    droppedLines,
    async callUntilDropped() {
      await waitUntil(
        'lines are dropped',
        async () => {
          expect(await call()).to.deep.equal(STATUSES);
          expect(await droppedLines()).to.be.above(0);
        },
        PROMPTLY,
      );
    },
    async expectPromptEnd() {
      const exited = once(service.child, 'exit');
      service.child.kill('SIGTERM');
      expect(await Promise.race([exited, lateness(SHUTDOWN_TIMEOUT_MS + 5_000)])).to.deep.equal([0, null]);
    },
  };
}

function request(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
}

function lateness(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, `still there after ${ms} ms`).unref());
}
