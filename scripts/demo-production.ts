// npm run demo:production: MongoDB, Redis and two instances of the service on free ports, and the lines to paste that
// show a key made on one instance, validated on the other, revoked, and refused at once.
import { join } from 'node:path';
import { startMongoServer } from '../testkit/servers/mongo-server.ts';
import { startRedisServer } from '../testkit/servers/redis-server.ts';
import { startServiceProcess } from '../testkit/service/service-process.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';

interface Instance {
  readonly url: string;
  /** What developer mode prints: for every merchant. */
  readonly token: string;
}

const TOKEN = /^ey[\w-]+\.[\w-]+\.[\w-]+$/m;

/** What has to be stopped, in the order in which it was started. */
const started: { stop(): Promise<void> }[] = [];
let stopping = false;

process.on('SIGINT', stopAll);
process.on('SIGTERM', stopAll);

try {
  await startAll();
} catch (error) {
  // What stops while it starts fails; that is no news.
  if (!stopping) {
    process.stderr.write(`The demo cannot start: ${describe(error)}\n`);
    process.exitCode = 1;
    await stopAll();
  }
}

async function startAll(): Promise<void> {
  process.stdout.write('Starting MongoDB, Redis and two instances of the service …\n');
  const directory = createTemporaryDirectory();
  add({ stop: async () => directory.remove() });
  const mongo = add(await startMongoServer());
  const redis = add(await startRedisServer());

  const environment = {
    MONGODB_URL: mongo.url,
    REDIS_URL: redis.url,
    // One for both, so that each takes tokens that are signed with the other's key.
    DATA_DIR: join(directory.path, 'data'),
  };
  const a = await startInstance(environment);
  const b = await startInstance(environment);
  process.stdout.write(instructions(a, b));
  // Until Ctrl-C.
  setInterval(() => undefined, 60_000);
}

async function startInstance(environment: Readonly<Record<string, string>>): Promise<Instance> {
  const service = await startServiceProcess(environment);
  add(service.process);
  const token = TOKEN.exec(service.output().stdout)?.[0];
  if (token === undefined) throw new Error('the instance printed no token');
  return { url: service.httpUrl, token };
}

function instructions(a: Instance, b: Instance): string {
  return `
Two instances, A and B, share one MongoDB and one Redis. Paste into another terminal:

A=${a.url} B=${b.url}
TOKEN=${a.token}

# Make a key on A.
KEY=$(curl -s --request POST --header "Authorization: Bearer $TOKEN" $A/key/generate/m1 | sed 's/.*"apiKey":"\\([^"]*\\)".*/\\1/')

# Validate it on B: the first time MongoDB is asked, the second time Redis.
curl -s --write-out ' %{http_code}\\n' --header "X-Api-Key: $KEY" $B/key/validate
curl -s --write-out ' %{http_code}\\n' --header "X-Api-Key: $KEY" $B/key/validate

# Revoke it on A: 204. From then on B refuses it, whatever Redis held.
curl -s --write-out '%{http_code}\\n' --request DELETE --header "Authorization: Bearer $TOKEN" $A/key/revoke/m1
curl -s --write-out ' %{http_code}\\n' --header "X-Api-Key: $KEY" $B/key/validate

Ctrl-C stops everything.
`;
}

/** What is started while the demo already stops is stopped at once. */
function add<T extends { stop(): Promise<void> }>(part: T): T {
  started.push(part);
  if (stopping) throw new Error('the demo stops');
  return part;
}

/** Instances first, servers after them. What is still starting ends with this process. */
async function stopAll(): Promise<void> {
  if (stopping) return;
  stopping = true;
  process.stdout.write('\nStopping …\n');
  for (let part = started.pop(); part !== undefined; part = started.pop()) {
    await part.stop().catch((error: unknown) => process.stderr.write(`${describe(error)}\n`));
  }
  process.exit();
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
