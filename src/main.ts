import { type App, startApp } from './app.ts';
import { VALIDATE_SCOPE } from './auth/access-control.ts';
import { type Config, readConfig } from './config/config.ts';
import { helpText } from './config/help.ts';
import { StartError } from './core/start-error.ts';
import { redactText } from './ops/logger.ts';
import { createRedaction } from './redaction.ts';

/** How long the token that developer mode prints is valid, in seconds. */
const PRINTED_TOKEN_TTL_S = 12 * 3600;

/** Two signals this close together are one Ctrl-C: the terminal signals the whole group, and npm passes it on. */
const SAME_SIGNAL_MS = 100;

if (process.argv.includes('--help')) process.stdout.write(helpText());
else await run();

async function run(): Promise<void> {
  // A file that has reached the limit of its size: without a listener the signal ends the process, with one the write
  // fails, which the log can bear.
  process.on('SIGXFSZ', () => undefined);
  const app = await start();
  endWithLog(app);
  app.log.logger.info({ ports: app.ports, pid: process.pid }, 'listening');
}

/** A service that cannot start says why in one line (a line for each variable) and ends with exit code 1. */
async function start(): Promise<App> {
  let redact = (text: string) => text;
  const fail = (reason: string): never => {
    process.stderr.write(`${redact(reason)}\n`);
    process.exit(1);
  };
  const failUncaught = (error: unknown) => fail(StartError.because('The service cannot start', error).message);
  process.on('uncaughtException', failUncaught);
  try {
    const config = readConfig(process.env);
    const redaction = createRedaction(config);
    redact = (text) => redactText(text, redaction);
    const app = await startApp(config);
    // Before anything else is awaited: the ports are open, and who sees that may send a signal, which would otherwise end
    // the process there and then.
    stopOnSignal(app);
    await printDeveloperToken(app, config);
    process.off('uncaughtException', failUncaught);
    return app;
  } catch (error) {
    return error instanceof StartError ? fail(error.message) : failUncaught(error);
  }
}

/** However the process ends, what waits is written before; and what was not caught goes to the log like any error. */
function endWithLog({ log }: App): void {
  process.on('exit', () => log.close());
  process.on('uncaughtException', (error, origin) => {
    log.logger.fatal({ origin, error }, 'the service failed: exiting at once');
    process.exit(1);
  });
}

/** Plain text on standard output, once: a token must never go through the logger. */
async function printDeveloperToken(
  { developerKey, ports, log }: App,
  { host, jwtMerchantClaim }: Config,
): Promise<void> {
  if (developerKey === undefined) return;
  const token = await developerKey.issue({ [jwtMerchantClaim]: '*', scope: VALIDATE_SCOPE }, PRINTED_TOKEN_TTL_S);
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${ports.http}`;
  log.print(
    [
      'Developer mode: no JWT key is configured, so tokens signed by a key in DATA_DIR are accepted.',
      'A token for every merchant, valid for 12 hours:',
      '',
      token,
      '',
      'Try it:',
      '',
      `curl --request POST --header "Authorization: Bearer ${token}" ${origin}/key/generate/m1`,
      '',
      '',
    ].join('\n'),
  );
}

function stopOnSignal(app: App): void {
  let firstSignalAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstSignalAtMs !== undefined) {
      if (performance.now() - firstSignalAtMs < SAME_SIGNAL_MS) return;
      app.log.logger.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    }
    firstSignalAtMs = performance.now();
    app.log.logger.info({ signal }, 'draining');
    app.stop().then(
      () => {
        app.log.logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        app.log.logger.error({ error }, 'the service did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
