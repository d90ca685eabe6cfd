import { type App, startApp } from './app.ts';
import { VALIDATE_SCOPE } from './auth/authorization.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { helpText } from './help.ts';
import { ListenError } from './listener.ts';

/** How long the token that developer mode prints is valid, in seconds. */
const PRINTED_TOKEN_TTL_S = 12 * 3600;

/** Two signals this close together are one Ctrl-C: the terminal signals the whole group, and npm passes it on. */
const SAME_SIGNAL_MS = 100;

if (process.argv.includes('--help')) process.stdout.write(helpText());
else await run();

async function run(): Promise<void> {
  const app = await start();
  // Before the line: whoever has read it may send a signal, which would otherwise end the process there and then.
  stopOnSignal(app);
  app.logger.info({ ports: app.ports, pid: process.pid }, 'listening');
}

/** A service that cannot start says why in one line (a line for each variable) and ends with exit code 1. */
async function start(): Promise<App> {
  try {
    const config = readConfig(process.env);
    const app = await startApp(config);
    await printDeveloperToken(app, config);
    return app;
  } catch (error) {
    const known = error instanceof ConfigError || error instanceof ListenError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(known ? `${message}\n` : `The service cannot start: ${message}\n`);
    process.exit(1);
  }
}

/** Plain text on standard output, once: a token must never go through the logger. */
async function printDeveloperToken({ developerKey, ports }: App, { host, jwtMerchantClaim }: Config): Promise<void> {
  if (developerKey === undefined) return;
  const token = await developerKey.issue({ [jwtMerchantClaim]: '*', scope: VALIDATE_SCOPE }, PRINTED_TOKEN_TTL_S);
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${ports.http}`;
  process.stdout.write(
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
      app.logger.warn({ signal }, 'second signal: exiting at once');
      process.exit(1);
    }
    firstSignalAtMs = performance.now();
    app.logger.info({ signal }, 'draining');
    app.stop().then(
      () => {
        app.logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        app.logger.error({ error }, 'the service did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
