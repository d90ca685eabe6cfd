import { Server, ServerCredentials } from '@grpc/grpc-js';

/**
 * The baseline: a grpc-js server that answers Validate's path with an empty message and does nothing else. Logs its
 * port as the service does.
 */
const asIs = (bytes: Buffer): Buffer => bytes;
const EMPTY = Buffer.alloc(0);

const server = new Server();
server.addService(
  {
    validate: {
      path: '/iterapay.keys.v1.KeyService/Validate',
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
  { validate: (_call: unknown, callback: (error: null, response: Buffer) => void) => callback(null, EMPTY) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`{"ports":{"http":0,"grpc":${port},"admin":0},"msg":"listening"}\n`);
});
