import { BSON, type Document } from 'mongodb';

/** A message of MongoDB's wire protocol. */
export interface MongoMessage {
  readonly requestId: number;
  /** Of a reply: the request that it is for. */
  readonly responseTo: number;
  /** The command or the reply, with its document sequences as lists; undefined for a request in the old form. */
  readonly document: Document | undefined;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 16;
const OP_MSG = 2013;
/** The old form, in which the first handshake of a connection is answered. */
const OP_REPLY = 1;
const DOCUMENT_OFFSET = { [OP_MSG]: HEADER_BYTES + 5, [OP_REPLY]: HEADER_BYTES + 20 } as const;
const CHECKSUM_PRESENT = 1;
const CHECKSUM_BYTES = 4;

/**
 * Takes bytes as they come and returns the messages that are whole, in order. Compression is not understood.
 *
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export function createMongoMessageReader(): (bytes: Buffer) => MongoMessage[] {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const messages: MongoMessage[] = [];
    while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      messages.push(toMessage(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    return messages;
  };
}

function toMessage(bytes: Buffer): MongoMessage {
  return {
    requestId: bytes.readInt32LE(4),
    responseTo: bytes.readInt32LE(8),
    document: readDocument(bytes),
    bytes,
  };
}

function readDocument(bytes: Buffer): Document | undefined {
  const opCode = bytes.readInt32LE(12);
  if (opCode === OP_MSG) return readSections(bytes);
  return opCode === OP_REPLY ? BSON.deserialize(bytes.subarray(DOCUMENT_OFFSET[OP_REPLY])) : undefined;
}

/** The bytes of the reply with another document in its place. */
export function withDocument({ bytes }: MongoMessage, document: Document): Buffer {
  const offset = bytes.readInt32LE(12) === OP_REPLY ? DOCUMENT_OFFSET[OP_REPLY] : DOCUMENT_OFFSET[OP_MSG];
  const changed = Buffer.concat([bytes.subarray(0, offset), BSON.serialize(document)]);
  changed.writeInt32LE(changed.length, 0);
  return changed;
}

function readSections(message: Buffer): Document {
  const flags = message.readInt32LE(HEADER_BYTES);
  const end = message.length - (flags & CHECKSUM_PRESENT ? CHECKSUM_BYTES : 0);
  let document: Document = {};
  for (let position = HEADER_BYTES + 4; position < end; ) {
    const kind = message.readUInt8(position++);
    const section = message.subarray(position, position + message.readInt32LE(position));
    document = { ...document, ...(kind === 0 ? BSON.deserialize(section) : readSequence(section)) };
    position += section.length;
  }
  return document;
}

/** A list of documents beside the command's own, such as the statements of an update. */
function readSequence(section: Buffer): Document {
  const nameEnd = section.indexOf(0, 4);
  const documents: Document[] = [];
  for (let position = nameEnd + 1; position < section.length; ) {
    const bytes = section.subarray(position, position + section.readInt32LE(position));
    documents.push(BSON.deserialize(bytes));
    position += bytes.length;
  }
  return { [section.toString('utf8', 4, nameEnd)]: documents };
}
