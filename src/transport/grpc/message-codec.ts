import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';

/** Reads the requests and writes the responses of one method. */
export interface MessageCodec<I extends DescMessage, O extends DescMessage> {
  /** Throws an Error when the bytes are not such a message. */
  decode(bytes: Buffer): MessageShape<I>;
  encode(response: MessageShape<O>): Buffer;
}

/** The codec of any method. */
export function createMessageCodec<I extends DescMessage, O extends DescMessage>({
  input,
  output,
}: {
  readonly input: I;
  readonly output: O;
}): MessageCodec<I, O> {
  return {
    decode: (bytes) => fromBinary(input, bytes),
    encode: (response) => encodeWith(output, response),
  };
}

/** Encodes a message without copying it. */
export function encodeWith<T extends DescMessage>(schema: T, message: MessageShape<T>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
