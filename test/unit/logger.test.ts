import { expect } from 'chai';
import { createKeyFormat } from '../../src/core/api-key.ts';
import { runNode } from '../../testkit/service/run-node.ts';
import { signToken } from '../../testkit/service/tokens.ts';

/** Logs in a process of its own what the function body in `statements` logs, and returns the lines. */
async function log(statements: string, secrets: Readonly<Record<string, string>>): Promise<string> {
  const program = `
    import { createLog } from './src/ops/log.ts';
    import { ApiKey, createKeyFormat } from './src/core/api-key.ts';
    const format = createKeyFormat('new_', ['ipa_live_']);
    const redaction = { keys: format.redact, secrets: (text) => text };
    const log = createLog({ level: 'trace', redaction, maxQueuedBytes: 1_000_000, onDropped: () => undefined });
    process.on('exit', () => log.close());
    const { logger } = log;
    const { key, token } = process.env;
    ${statements}`;
  const { exitCode, stdout, stderr } = await runNode(['--input-type=module', '--eval', program], secrets);
  expect(exitCode, stderr).to.equal(0);
  return stdout;
}

/** Where a secret may get into a log line by mistake. `secret` stands for it. */
const PLACES: Readonly<Record<string, string>> = {
  'the message': "logger.info(secret); logger.info('failed for ' + secret + ', again')",
  'a formatted message': "logger.info('failed for %s and %j', secret, { secret })",
  'a member': "logger.warn({ secret, deep: { list: [secret] } }, 'failed')",
  'the name of a member': "logger.warn({ [secret]: 1 }, 'failed')",
  'a child’s bindings': "logger.child({ secret }).error('failed')",
  'an error and its causes':
    "logger.error({ error: new Error(secret, { cause: new Error('of ' + secret) }) }, 'failed')",
  'a bare error': 'logger.fatal(new Error(secret))',
  'a URL': "logger.info('/key/validate?key=' + secret + '&x=1')",
  quotes: 'logger.info(JSON.stringify({ secret }))',
  'a word': "logger.info('x' + secret)",
  'a name with an underscore': "logger.info('token_' + secret)",
  'an escaped URL': "logger.info('Bearer%20' + secret)",
  'the beginning of a line': "logger.info('failed for\\n' + secret)",
  'a line with tabs': "logger.info('a\\t' + secret + '\\tb')",
};

/** Between the lines of two places. */
const MARK = '--- next place\n';

describe('The logger', () => {
  const key = createKeyFormat('ipa_live_').generate();
  const clear = key.reveal();
  let token: string;
  let linesByPlace: Map<string, string>;

  before(async () => {
    token = await signToken();
    const places = Object.values(PLACES).map((statements) => `for (const secret of [key, token]) { ${statements} }`);
    const lines = await log(places.join(`;log.print(${JSON.stringify(MARK)});`), { key: clear, token });
    const parts = lines.split(MARK);
    linesByPlace = new Map(Object.keys(PLACES).map((place, index) => [place, parts[index] ?? '']));
  });

  for (const place of Object.keys(PLACES)) {
    it(`hides keys and tokens in ${place}`, () => {
      const [header = '', payload = '', signature = ''] = token.split('.');

      const lines = linesByPlace.get(place);

      expect(lines).to.include('[redacted]');
      expect(lines).not.to.include(clear.slice(key.visiblePrefix.length));
      for (const part of [header, payload, signature]) expect(lines).not.to.include(part);
    });
  }

  it('hides a plaintext key that is logged as an object', async () => {
    const statements = "logger.info({ key: new ApiKey(key, key.slice(0, 12)) }, 'made')";

    const lines = await log(statements, { key: clear });

    expect(JSON.parse(lines)).to.deep.include({ key: String(key), msg: 'made' });
  });

  it('writes each line as JSON, with the level by name and the time, and nothing else of its own', async () => {
    const lines = await log("logger.info({ port: 1 }, 'listening'); logger.debug('more')", {});

    const [first, second] = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).to.have.all.keys('level', 'time', 'port', 'msg');
    expect(first).to.include({ level: 'info', port: 1, msg: 'listening' });
    expect(new Date(first.time).toISOString()).to.equal(first.time);
    expect(second).to.include({ level: 'debug', msg: 'more' });
  });

  it('still writes JSON where it hid something', async () => {
    const lines = await log("logger.info({ token }, 'of \"' + key + '\"')", { key: clear, token });

    expect(JSON.parse(lines)).to.include({ token: '[redacted]', msg: 'of "[redacted]"' });
  });

  it('loses no line when the process ends at once', async () => {
    const lines = await log("for (let i = 0; i < 1000; i++) logger.info({ i }, 'line'); process.exit(0)", {});

    expect(lines.trimEnd().split('\n')).to.have.length(1_000);
  });
});
