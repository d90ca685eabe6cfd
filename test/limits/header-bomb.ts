import { pseudoHeaders } from '../../testkit/clients/frames.ts';
import { encodeHeaders, FLAG, FRAME, type Frame } from '../../testkit/clients/raw-http2.ts';

/** The newest entry of HPACK's dynamic table, in one byte (RFC 7541, section 6.1). */
const NEWEST_ENTRY = 0x80 | 62;
/** As large as an entry of the table may be with its name and the 32 bytes that each counts. */
const VALUE_LENGTH = 4_000;
/** Below the number of fields that Node takes. */
const REFERENCES = 120;

/** A request of a few bytes whose headers take half a megabyte when they are unpacked. The first one has the value. */
export function bombHead(streamId: number, path: string): Frame {
  const plain = encodeHeaders([...pseudoHeaders('POST', path), ['content-type', 'application/grpc']]);
  const fields = streamId === 1 ? [plain, indexedLiteral('x', 'y'.repeat(VALUE_LENGTH))] : [plain];
  const payload = Buffer.concat([...fields, Buffer.alloc(REFERENCES, NEWEST_ENTRY)]);
  return { type: FRAME.headers, flags: FLAG.endHeaders, streamId, payload };
}

/** A field that enters the dynamic table (RFC 7541, section 6.2.1). */
function indexedLiteral(name: string, value: string): Buffer {
  const literal = encodeHeaders([[name, value]]);
  literal[0] = 0x40;
  return literal;
}
