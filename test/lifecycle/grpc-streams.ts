import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';

/** A stream of the service's that does not end by itself. */
export interface OpenStream {
  /** The messages so far. */
  readonly received: readonly Buffer[];
  /** Resolves when the stream has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Answers of health (`HealthCheckResponse`, field 1: the status). */
export const HEALTH = { serving: '0801', notServing: '0802' } as const;

const asIs = (bytes: Buffer): Buffer => bytes;

/** Watches the health of a name as the gRPC health checking protocol has it. */
export function watchHealth(origin: string, name: string): OpenStream {
  const client = connect(origin);
  const request = Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]);
  return follow(client, client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, request));
}

/** Asks reflection for the services, and leaves the stream open for further questions. */
export function holdReflection(origin: string): OpenStream {
  const client = connect(origin);
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const stream = client.makeBidiStreamRequest(path, asIs, asIs);
  // ServerReflectionRequest, field 7: list_services.
  stream.write(Buffer.from([0x3a, 0x01, 0x2a]));
  return follow(client, stream);
}

function connect(origin: string): Client {
  return new Client(new URL(origin).host, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
}

function follow(client: Client, stream: ClientReadableStream<Buffer>): OpenStream {
  const received: Buffer[] = [];
  stream.on('data', (message: Buffer) => received.push(message));
  const ended = new Promise<void>((resolve) => {
    stream.on('error', () => resolve());
    stream.on('end', () => resolve());
  });
  return {
    received,
    ended,
    close() {
      stream.cancel();
      client.close();
    },
  };
}
