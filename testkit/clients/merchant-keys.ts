import { bearer } from '../service/tokens.ts';

/** Makes a key for the merchant over REST and returns it as plaintext. */
export async function generateKey(httpUrl: string, merchantId: string): Promise<string> {
  const headers = { authorization: await bearer() };
  const response = await fetch(`${httpUrl}/key/generate/${merchantId}`, { method: 'POST', headers });
  if (response.status !== 200) throw new Error(`generate answered ${response.status}`);
  return ((await response.json()) as { key: string }).key;
}

/** What Info says of the merchant's key. */
export async function readInfo(httpUrl: string, merchantId: string) {
  const headers = { authorization: await bearer() };
  const response = await fetch(`${httpUrl}/key/info/${merchantId}`, { headers });
  if (response.status !== 200) throw new Error(`info answered ${response.status}`);
  return (await response.json()) as { createdAt: string; lastUsedAt: string | null; prefix: string };
}

/** The status with which the gateway path answers for the key. */
export async function validateStatus(httpUrl: string, key: string): Promise<number> {
  const response = await fetch(`${httpUrl}/key/validate`, { headers: { 'x-api-key': key } });
  await response.arrayBuffer();
  return response.status;
}
