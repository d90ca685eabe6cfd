import { ensureMongoProgram } from './mongo-program.ts';
import { ensureRedisProgram } from './redis-program.ts';

/** Installs what the test servers need before the first test, whose time limit is not meant for that (Mocha's hook). */
export async function mochaGlobalSetup(): Promise<void> {
  await Promise.all([ensureRedisProgram(), ensureMongoProgram()]);
}
