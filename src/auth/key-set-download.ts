import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose';
import { MIN_RSA_BITS } from './rsa-key-size.ts';

export interface KeySetDownloadOptions {
  /** Longest time of the whole download, from the look-up of the name to the last byte, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest body, in bytes after decompression. */
  readonly maxBytes: number;
  /** Signature algorithms that the keys are wanted for. */
  readonly algorithms: readonly string[];
}

/**
 * Downloads a key set (RFC 7517 section 5) and keeps of it what signatures can be checked with.
 *
 * Redirects are not followed: the keys come from the URL that the configuration names, or not at all.
 *
 * @throws Error when it cannot be had within the limits, is no key set, or has no usable key; an empty set is none
 */
export async function downloadKeySet(url: string, options: KeySetDownloadOptions): Promise<JSONWebKeySet> {
  const set = parse(await download(url, options));
  const usable = await Promise.all(set.keys.map((key) => isUsable(key, options.algorithms)));
  const keys = set.keys.filter((_, at) => usable[at]);
  if (keys.length === 0) throw new Error('The key set has no key that an allowed algorithm can use.');
  return { keys };
}

async function download(url: string, { timeoutMs, maxBytes }: KeySetDownloadOptions): Promise<Uint8Array> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`No whole key set within ${timeoutMs} ms.`)), timeoutMs);
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: abort.signal,
      headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
    });
    if (response.status !== 200) throw new Error(`The key set's server answered with status ${response.status}.`);
    return await readBody(response, maxBytes);
  } finally {
    clearTimeout(timer);
    // Frees the connection of an answer that was not read to its end.
    abort.abort();
  }
}

async function readBody({ body }: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`The key set is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The errors have no cause: the parser's repeats a part of what it was given, and they are logged. */
function parse(body: Uint8Array): JSONWebKeySet {
  let value: JSONWebKeySet;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new Error('The key set is not JSON.');
  }
  try {
    return createLocalJWKSet(value).jwks();
  } catch {
    throw new Error('The key set is not of the form {"keys":[{…}]}.');
  }
}

async function isUsable(jwk: JWK, algorithms: readonly string[]): Promise<boolean> {
  for (const alg of algorithms) {
    try {
      const { algorithm } = await createLocalJWKSet({ keys: [jwk] })({ alg });
      // Rejected by jose too, but only when a token is checked, and then as a fault of this service.
      return !('modulusLength' in algorithm) || (algorithm.modulusLength as number) >= MIN_RSA_BITS;
    } catch {
      // Not for this algorithm: of another kind, published for something else, private, or damaged.
    }
  }
  return false;
}
