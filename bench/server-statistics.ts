import { MongoClient } from 'mongodb';
import type { RedisServer } from '../testkit/servers/redis-server.ts';
import { print } from './cpu.ts';

/** Commands that a server counted itself, by name. */
type Counts = Readonly<Record<string, number>>;

/** Counts what the servers behind the service were asked, from their own statistics. */
export interface ServerStatistics {
  /** Runs `work`, and prints what each call of it cost in commands. */
  report(name: string, calls: number, work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** How long the instances are watched without calls, for what they do by themselves (renewals, sweeps). */
const IDLE_MS = 4_000;

export async function createServerStatistics(mongoUrl: string, redis: RedisServer): Promise<ServerStatistics> {
  const client = new MongoClient(mongoUrl);

  async function read(): Promise<Counts> {
    const status = await client.db('admin').command({ serverStatus: 1 });
    const { query, update, command } = status['opcounters'] as Record<string, number>;
    const info = String(await redis.command('INFO', 'commandstats'));
    const commands = [...info.matchAll(/^cmdstat_([a-z|]+):calls=(\d+)/gm)].map(([, name, calls]) => [
      `redis ${name}`,
      Number(calls),
    ]);
    return {
      'mongodb query': query ?? 0,
      'mongodb update': update ?? 0,
      'mongodb command': command ?? 0,
      ...Object.fromEntries(commands),
    };
  }

  async function during(work: () => Promise<void>): Promise<{ counts: Counts; seconds: number }> {
    const startedAtMs = performance.now();
    const before = await read();
    await work();
    const after = await read();
    const counts = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]);
    return { counts: Object.fromEntries(counts), seconds: (performance.now() - startedAtMs) / 1000 };
  }

  const idle = await during(() => new Promise((resolve) => setTimeout(resolve, IDLE_MS)));

  return {
    async report(name, calls, work) {
      const { counts, seconds } = await during(work);
      const perCall = Object.entries(counts)
        .map(([command, count]) => {
          const byThemselves = ((idle.counts[command] ?? 0) / idle.seconds) * seconds;
          return [command, (count - byThemselves) / calls] as const;
        })
        .filter(([, each]) => each >= 0.02);
      const text = perCall.map(([command, each]) => `${each.toFixed(2)} ${command}`).join(', ');
      print(`${name.padEnd(44)}${text}`);
    },
    close: () => client.close(),
  };
}
