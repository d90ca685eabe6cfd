import { holdsValidEntry } from '../../../testkit/cluster/authority-view.ts';
import type { Cluster } from '../../../testkit/cluster/cluster.ts';
import type { Instance } from '../../../testkit/cluster/instance.ts';
import { makeKey, validate } from '../../../testkit/cluster/recorded-calls.ts';
import { waitUntil } from '../../../testkit/wait-until.ts';

export interface CachedKeyOptions {
  /** Who makes it and has it cached; the first instance by default. */
  readonly by?: Instance;
  /** The index of the Redis in which it has to be; 0 by default. */
  readonly redis?: number;
}

const TIMEOUT_MS = 20_000;

/** Makes a key, and sees to it that Redis calls it valid. */
export async function makeCachedKey(
  cluster: Cluster,
  merchantId: string,
  { by = cluster.instance(0), redis = 0 }: CachedKeyOptions = {},
): Promise<string> {
  const key = await makeKey(by, merchantId);
  const server = cluster.redisServer(redis);
  const isCached = async () => (await validate(by, key)).valid && holdsValidEntry(server, key);
  await waitUntil(`the key of ${merchantId} is cached`, isCached, { timeoutMs: TIMEOUT_MS });
  return key;
}
