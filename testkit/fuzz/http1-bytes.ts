import type { Random } from '../mulberry32.ts';

const TARGETS = [
  '/key/generate/m1',
  '/key/info/m1',
  '/key/revoke/m1',
  '/key/validate',
  '/key/validate/m1',
  '/key/info/%zz',
  '/iterapay.keys.v1.KeyService/Validate',
  '/iterapay.keys.v1.KeyService/Generate',
  '/iterapay.keys.v1.KeyService/Nope',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  'http://h/key/info/m1',
  '*',
  '/',
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'FOO'];
const HEADERS = [
  'Content-Type: application/json',
  'Content-Type: application/proto',
  'Content-Type: application/grpc-web',
  'Content-Type: application/grpc-web+json',
  'Content-Type: application/connect+json',
  'Content-Type: text/plain',
  'Content-Length: 14',
  'Content-Length: 70000',
  'Transfer-Encoding: chunked',
  'Content-Encoding: gzip',
  'Expect: 100-continue',
  'Expect: the best',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Connection: close',
  'Connection: keep-alive',
  'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x',
  'Authorization: Bearer a',
  'X-Api-Key: ipa_live_nothing',
  'Connect-Timeout-Ms: 5',
  'Connect-Timeout-Ms: x',
  'Connect-Protocol-Version: 1',
  'Grpc-Timeout: 1n',
  'Host: localhost',
];
const BODIES = [
  '',
  '{"apiKey":"x"}',
  '{"apiKey"',
  'e\r\n{"apiKey":"x"}\r\n0\r\n\r\n',
  '5\r\nabc',
  '\0\0\0\0\x03abc',
  '\x1f\x8b',
];

/** One to four requests, pipelined, that are mostly well-formed. */
export function http1Bytes(random: Random): Buffer {
  const requests = Array.from({ length: 1 + random.below(4) }, () => {
    if (random.next() < 0.05) return 'CONNECT h.test:443 HTTP/1.1\r\nHost: h.test:443\r\n\r\n';
    const headers = Array.from({ length: random.below(6) }, () => `${random.pick(HEADERS)}\r\n`).join('');
    const body = random.pick(BODIES) ?? '';
    return `${random.pick(METHODS)} ${random.pick(TARGETS)} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
  });
  return Buffer.from(requests.join(''), 'latin1');
}
