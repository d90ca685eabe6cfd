import { fromBinary } from '@bufbuild/protobuf';
import {
  Reason,
  type ValidateRequest,
  ValidateRequestSchema,
  type ValidateResponse,
  ValidateResponseSchema,
} from '../../../gen/iterapay/keys/v1/keys_pb.js';
import { encodeWith, type MessageCodec } from './message-codec.ts';

/**
 * Validate is on the path of every request of every service, and the general codec takes a good part of what it may
 * cost. The messages of its usual course are short, so they are read and written here by hand (protobuf encoding: a tag
 * byte `field << 3 | wire type`, a length byte below 128, the text); any other goes through the general codec. A
 * property test holds that both produce the same.
 */

/** `api_key = 1` and `merchant_id = 2` of either message, length-delimited; `valid = 1` of the response, a varint. */
const API_KEY_TAG = 0x0a;
const MERCHANT_ID_TAG = 0x12;
const VALID_TAG = 0x08;
/** From here on a length takes more than one byte. */
const LONG = 0x80;

export const validateCodec: MessageCodec<typeof ValidateRequestSchema, typeof ValidateResponseSchema> = {
  decode: decodeRequest,
  encode: encodeResponse,
};

/** By hand where the request holds nothing but a key. */
function decodeRequest(bytes: Buffer): ValidateRequest {
  const length = bytes.length - 2;
  if (length > 0 && length < LONG && bytes[0] === API_KEY_TAG && bytes[1] === length) {
    const apiKey = bytes.toString('latin1', 2);
    if (ASCII.test(apiKey)) return { $typeName: 'iterapay.keys.v1.ValidateRequest', apiKey };
  }
  return fromBinary(ValidateRequestSchema, bytes);
}

/** Text whose UTF-8 is its Latin-1. */
const ASCII = /^[\x20-\x7e]*$/;

/** By hand where the response accepts the key. */
function encodeResponse(response: ValidateResponse): Buffer {
  const { valid, merchantId, reason, revokedAt } = response;
  const length = merchantId.length;
  if (
    valid &&
    reason === Reason.UNSPECIFIED &&
    revokedAt === undefined &&
    length > 0 &&
    length < LONG &&
    ASCII.test(merchantId)
  ) {
    const bytes = Buffer.allocUnsafe(4 + length);
    bytes[0] = VALID_TAG;
    bytes[1] = 1;
    bytes[2] = MERCHANT_ID_TAG;
    bytes[3] = length;
    bytes.write(merchantId, 4, 'latin1');
    return bytes;
  }
  return encodeWith(ValidateResponseSchema, response);
}
