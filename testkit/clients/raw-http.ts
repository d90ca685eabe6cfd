import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HttpReply } from './http-call.ts';

/** A connection on which bytes are written as they are. */
export interface RawConnection {
  readonly socket: Socket;
  /** Reads until so many final responses have come whole. */
  responses(count: number): Promise<HttpReply[]>;
  /** Resolves to all that has come when the service has closed the connection. */
  closed(): Promise<string>;
}

/** Connects to a port of this machine. The caller ends the socket. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let received = '';
  let ended = false;
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  // A reset is an end too; what came before it is what counts.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  await once(socket, 'connect');

  return {
    socket,
    async responses(count) {
      for (;;) {
        const found = parseResponses(received);
        if (found.length >= count) return found;
        if (ended) throw new Error(`closed after ${found.length} of ${count} responses: ${received}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
    },
    async closed() {
      if (!ended) await once(socket, 'close');
      return received;
    },
  };
}

/** Sends the bytes and reads to the end of the connection, which the service must close. */
export async function exchangeRaw(port: number, bytes: string): Promise<HttpReply[]> {
  const connection = await openRaw(port);
  connection.socket.write(bytes, 'latin1');
  return parseResponses(await connection.closed());
}

/** Whole responses with a content length or none; 1xx are left out, since a final one follows them. */
function parseResponses(text: string): HttpReply[] {
  const replies: HttpReply[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return replies;
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    if (Number.isNaN(status)) throw new Error(`not a response: ${rest}`);
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
    if (rest.length < bodyEnd) return replies;
    if (status >= 200) replies.push({ status, headers, text: rest.slice(headEnd + 4, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
}
