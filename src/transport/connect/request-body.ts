import type { DescMethod } from '@bufbuild/protobuf';
import { ServiceError } from '../../core/errors.ts';
import { type BodyLimits, piecesOf, readBody } from '../http/body.ts';
import type { HttpRequest } from '../http/request.ts';
import { toConnectError } from './connect-error.ts';

/** A byte of flags and four bytes of length stand before each message of gRPC, gRPC-Web and Connect's streams. */
const ENVELOPE_HEAD_BYTES = 5;

/**
 * The body of an RPC in pieces that cost connect-node linear time. It splits envelopes by joining what it has with each
 * piece that comes, so that 64 KiB in pieces of one byte would take it seconds in which no other is served. What
 * goes wrong is thrown as a Connect error, which connect-node answers in the format of the call's protocol.
 *
 * @param limits `maxBytes` is for one message
 */
export async function* receiveBody(
  request: HttpRequest,
  { methodKind }: DescMethod,
  limits: BodyLimits,
): AsyncIterable<Uint8Array> {
  try {
    if (methodKind === 'unary') {
      yield await readBody(request, { ...limits, maxBytes: limits.maxBytes + ENVELOPE_HEAD_BYTES });
    } else {
      yield* receiveEnvelopes(request, limits.maxBytes);
    }
  } catch (error) {
    throw toConnectError(error);
  }
}

/** Whole envelopes as they come, one or more in a piece. */
async function* receiveEnvelopes(request: HttpRequest, maxBytes: number): AsyncIterable<Uint8Array> {
  let pieces: Buffer[] = [];
  let length = 0;
  let wanted = ENVELOPE_HEAD_BYTES;
  for await (const piece of piecesOf(request)) {
    pieces.push(piece);
    length += piece.length;
    if (length < wanted) continue;
    const bytes = Buffer.concat(pieces, length);
    let end = 0;
    for (;;) {
      wanted = firstEnvelopeBytes(bytes.subarray(end), maxBytes);
      if (end + wanted > length) break;
      end += wanted;
    }
    if (end > 0) yield bytes.subarray(0, end);
    pieces = [bytes.subarray(end)];
    length -= end;
  }
  if (length > 0) yield Buffer.concat(pieces, length);
}

/** How long the first envelope is, or its head where that is not there yet. */
function firstEnvelopeBytes(bytes: Buffer, maxBytes: number): number {
  if (bytes.length < ENVELOPE_HEAD_BYTES) return ENVELOPE_HEAD_BYTES;
  const messageBytes = bytes.readUInt32BE(1);
  if (messageBytes > maxBytes) {
    throw new ServiceError('too_large', `The message is larger than ${maxBytes} bytes.`);
  }
  return ENVELOPE_HEAD_BYTES + messageBytes;
}
