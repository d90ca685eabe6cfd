import type { Server, Socket } from 'node:net';
import type { ConnectionObserver } from './connection-observer.ts';

/**
 * Bounds the connections of a server: the excess is refused at once, so that descriptors remain for the other ports and
 * for the store.
 *
 * Node reports a fault of accepting, and of a socket that is not read at the moment, by an `error` event that ends the
 * process where nothing listens; here a listener always does.
 */
export function boundConnections(server: Server, maxConnections: number, observer: ConnectionObserver): void {
  server.maxConnections = maxConnections;
  server.on('drop', () => observer.refused());
  server.on('error', () => observer.refused());
  server.prependListener('connection', (socket: Socket) => {
    observer.opened();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => observer.closed());
  });
}
