import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';

const SRC = resolve(import.meta.dirname, '../../src');

/** What each room may import besides itself: other rooms, files of `src`, and packages by the start of their name. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['node:crypto', 'node:zlib'],
  store: ['core', 'lmdb', 'mongodb', 'node:crypto', 'node:child_process', 'node:fs', 'node:path'],
  cache: ['core', 'ioredis', 'node:crypto'],
  auth: ['core', 'config.ts', 'jose', 'lru-cache', 'node:crypto', 'node:fs', 'node:path'],
  rpc: ['core', 'auth', 'gen', '@bufbuild/protobuf', '@grpc/reflection'],
  connection: ['node:http2', 'node:net', 'node:stream'],
  grpc: [
    'core',
    'rpc',
    'connection',
    'listener.ts',
    'gen',
    '@bufbuild/protobuf',
    '@grpc/',
    'node:http2',
    'node:timers',
  ],
  connect: ['core', 'rpc', 'http', 'gen', '@bufbuild/protobuf', '@connectrpc/', '@grpc/', 'node:events'],
  http: ['core', 'connection', 'listener.ts', 'node:http', 'node:http2', 'node:net'],
  rest: ['core', 'rpc', 'http', 'connection', 'gen', '@bufbuild/protobuf', 'find-my-way', 'node:http'],
  ops: [
    'core',
    'cache',
    'connection',
    'listener.ts',
    'pino',
    'prom-client',
    'node:fs',
    'node:http',
    'node:net',
    'node:tty',
  ],
};

/** The files that may see everything. */
const ROOT_FILES = [
  'app.ts',
  'config.ts',
  'config-setting.ts',
  'help.ts',
  'listener.ts',
  'main.ts',
  'open-ports.ts',
  'open-store.ts',
  'redaction.ts',
  'settings.ts',
  'token.ts',
];

interface Import {
  readonly file: string;
  /** A room or root file of `src`, `gen`, or a package. */
  readonly target: string;
}

function importsOf(room: string): Import[] {
  const files = readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((name) => {
    const file = join(SRC, room, name);
    const specifiers = [
      ...readFileSync(file, 'utf8').matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm),
    ];
    return specifiers.map(([, from, dynamic, bare]) => {
      const specifier = from ?? dynamic ?? bare ?? '';
      if (!specifier.startsWith('.')) return { file: relative(SRC, file), target: specifier };
      const [first = ''] = relative(SRC, resolve(dirname(file), specifier)).split('/');
      return { file: relative(SRC, file), target: first === '..' ? 'gen' : first };
    });
  });
}

describe('The layers of the source', () => {
  it('are the rooms and root files that this test knows', () => {
    const entries = readdirSync(SRC).sort();

    expect(entries).to.deep.equal([...Object.keys(ALLOWED), ...ROOT_FILES].sort());
  });

  for (const [room, allowed] of Object.entries(ALLOWED)) {
    it(`let ${room}/ import only ${allowed.join(', ')}`, () => {
      const imports = importsOf(room);

      const forbidden = imports.filter(
        ({ target }) => target !== room && !allowed.some((one) => target.startsWith(one)),
      );

      expect(imports).not.to.have.length(0);
      expect(forbidden).to.deep.equal([]);
    });
  }
});
