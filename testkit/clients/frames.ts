import { encodeHeaders, FLAG, FRAME, type Frame } from './raw-http2.ts';

/** The error code with which a client leaves. */
export const CANCEL_PAYLOAD = Buffer.from([0, 0, 0, 8]);

/** A frame that no connection survives: DATA on stream 0 (RFC 9113, section 6.1). */
export const FRAMING_ERROR: Frame = { type: FRAME.data, streamId: 0, payload: Buffer.from('x') };

export function reset(streamId: number): Frame {
  return { type: FRAME.resetStream, streamId, payload: CANCEL_PAYLOAD };
}

/** The beginning of a request; its body is still to come unless `isWhole`. */
export function requestHead(
  streamId: number,
  path: string,
  extra: readonly (readonly [string, string])[] = [],
  isWhole = false,
): Frame {
  const payload = encodeHeaders([...pseudoHeaders('POST', path), ...extra]);
  return { type: FRAME.headers, flags: FLAG.endHeaders | (isWhole ? FLAG.endStream : 0), streamId, payload };
}

export function pseudoHeaders(method: string, path: string): readonly (readonly [string, string])[] {
  return [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
  ];
}

export const GRPC = [
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
] as const;

export const VALIDATE_PATH = '/iterapay.keys.v1.KeyService/Validate';
export const GENERATE_PATH = '/iterapay.keys.v1.KeyService/Generate';
