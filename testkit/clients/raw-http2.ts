import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
export interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly streamId?: number;
  readonly payload?: Buffer;
}

export const FRAME = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, goaway: 7 } as const;
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;
/** The error code of a client that has lost interest (RFC 9113, section 7). */
export const CANCEL = Buffer.from([0, 0, 0, 8]);

/** What a client sends first (RFC 9113, section 3.4). */
export const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, FRAME.settings, 0, 0, 0, 0, 0]),
]);

/** An HTTP/2 connection on which frames are written as they are: for what Node's client would not send. */
export interface RawHttp2Connection {
  readonly socket: Socket;
  send(...frames: readonly Frame[]): void;
  /** Waits for a frame of this type that has these flags; each frame is received once. */
  receive(type: number, flags?: number): Promise<Required<Frame>>;
}

/** Connects to a port of this machine and sends the preface. The caller ends the socket. */
export async function openRawHttp2(port: number): Promise<RawHttp2Connection> {
  const socket = connect(port, '127.0.0.1');
  let received = Buffer.alloc(0);
  const taken = new Set<number>();
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.setMaxListeners(0);
  await once(socket, 'connect');
  socket.write(PREFACE);

  return {
    socket,
    send(...frames) {
      socket.write(Buffer.concat(frames.map(toBytes)));
    },
    async receive(type, flags = 0) {
      for (;;) {
        const found = parseFrames(received).find(
          (frame) => frame.type === type && (frame.flags & flags) === flags && !taken.has(frame.offset),
        );
        if (found !== undefined) {
          taken.add(found.offset);
          return found;
        }
        if (socket.closed) throw new Error(`closed before a frame of type ${type} came`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
    },
  };
}

export const SETTINGS_ACK: Frame = { type: FRAME.settings, flags: FLAG.ack };

/** Acknowledges the settings and answers every PING, as a client must. */
export function acknowledge(connection: RawHttp2Connection): void {
  void (async () => {
    await connection.receive(FRAME.settings);
    connection.send(SETTINGS_ACK);
    for (;;) {
      const { payload } = await connection.receive(FRAME.ping);
      connection.send({ type: FRAME.ping, flags: FLAG.ack, payload });
    }
  })().catch(() => undefined);
}

/** A header section in HPACK's plainest form: literals, not indexed, not compressed (RFC 7541, section 6.2.2). */
export function encodeHeaders(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), encodeString(name), encodeString(value)]));
}

/** RFC 7541, sections 5.1 and 5.2. */
function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** The bytes of a frame. */
export function toBytes({ type, flags = 0, streamId = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

function parseFrames(bytes: Buffer) {
  const frames: (Required<Frame> & { readonly offset: number })[] = [];
  let rest = bytes;
  while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
    const end = 9 + rest.readUIntBE(0, 3);
    frames.push({
      offset: bytes.length - rest.length,
      type: rest.readUInt8(3),
      flags: rest.readUInt8(4),
      streamId: rest.readUInt32BE(5),
      payload: rest.subarray(9, end),
    });
    rest = rest.subarray(end);
  }
  return frames;
}
