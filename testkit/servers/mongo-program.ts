import { findProgram } from './programs.ts';
import { installPythonPackages } from './python-packages.ts';

/** How a server that speaks MongoDB's protocol is started. */
export interface MongoProgram {
  readonly kind: 'mongod' | 'secantusdb';
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
  argumentsFor(port: number, storageDirectory: string): string[];
}

/** The replica set that a `mongod` is made the only member of. */
export const REPLICA_SET = 'tests';

/** MongoDB's wire protocol on WiredTiger, as a replica set of one: enough of a MongoDB, and installable everywhere. */
const SECANTUS_DB = 'SecantusDB==0.7.0b3';

/**
 * `mongod` if it is on the `PATH`, else SecantusDB, which is installed into the project's cache where it is missing.
 *
 * @throws Error that says what to install
 */
export async function ensureMongoProgram(): Promise<MongoProgram> {
  const mongod = findProgram('mongod');
  if (mongod !== undefined) {
    return {
      kind: 'mongod',
      program: mongod,
      environment: process.env,
      argumentsFor: (port, storageDirectory) => [
        ...['--port', `${port}`, '--bind_ip', '127.0.0.1', '--dbpath', storageDirectory, '--replSet', REPLICA_SET],
        ...['--setParameter', 'enableTestCommands=1', '--wiredTigerCacheSizeGB', '0.25', '--nounixsocket', '--quiet'],
      ],
    };
  }
  const { python, folder } = await installPythonPackages(SECANTUS_DB);
  return {
    kind: 'secantusdb',
    program: python,
    environment: { ...process.env, PYTHONPATH: folder },
    argumentsFor: (port, storageDirectory) => [
      ...['-m', 'secantus', '--host', '127.0.0.1', '--port', `${port}`, '--storage-path', storageDirectory],
      // Without the first it acknowledges `j: true` before the journal is on the disk.
      ...['--sync-on-commit', '--enable-test-commands', '--log-level', 'WARNING'],
    ],
  };
}
