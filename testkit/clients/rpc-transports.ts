import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { Client, compressionAlgorithms, credentials, Metadata } from '@grpc/grpc-js';
import { type RpcClient, RpcFailure } from './rpc-client.ts';

/** Where a service listens. */
export interface Origins {
  readonly httpUrl: string;
  readonly grpcUrl: string;
}

/** One way to call the service: a protocol, its encoding, the HTTP version, and the port. */
export interface RpcTransport {
  readonly name: string;
  connect(origins: Origins): RpcClient;
}

type Encoding = 'JSON' | 'binary';
type Port = 'HTTP port' | 'gRPC port';

const createTransport = {
  Connect: createConnectTransport,
  'gRPC-Web': createGrpcWebTransport,
  gRPC: createGrpcTransport,
} as const;

/** A transport for connect-node's client. */
export function connectNodeTransport(
  protocol: keyof typeof createTransport,
  encoding: Encoding,
  httpVersion: '1.1' | '2',
  port: Port = 'HTTP port',
  transportOptions: object = {},
): RpcTransport {
  return {
    name: `${protocol}, ${encoding}, HTTP/${httpVersion}, ${port}`,
    connect(origins) {
      const baseUrl = originOf(origins, port);
      const sessionManager = new Http2SessionManager(baseUrl);
      const options = { baseUrl, httpVersion, sessionManager, useBinaryFormat: encoding === 'binary' };
      const transport = createTransport[protocol]({ ...options, ...transportOptions } as never);
      return connectNodeClient(transport, () => sessionManager.abort());
    },
  };
}

function connectNodeClient(transport: Transport, close: () => void): RpcClient {
  return {
    async call(method, request, { authorization, timeoutMs } = {}) {
      try {
        const headers = authorization === undefined ? undefined : { authorization };
        return (await transport.unary(method, undefined, timeoutMs, headers, request)).message;
      } catch (error) {
        throw RpcFailure.fromConnect(error);
      }
    },
    close,
  };
}

/** A transport for grpc-js' client. */
export function grpcJsTransport(port: Port, channelOptions: Readonly<Record<string, number>> = {}): RpcTransport {
  return {
    name: `grpc-js, ${port}`,
    connect(origins) {
      const client = new Client(new URL(originOf(origins, port)).host, credentials.createInsecure(), {
        // Otherwise the clients of all tests share their connections.
        'grpc.use_local_subchannel_pool': 1,
        ...channelOptions,
      });
      return grpcJsClient(client);
    },
  };
}

function grpcJsClient(client: Client): RpcClient {
  return {
    call: (method, request, { authorization, timeoutMs } = {}) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        if (authorization !== undefined) metadata.set('authorization', authorization);
        client.makeUnaryRequest(
          `/${method.parent.typeName}/${method.name}`,
          (message: typeof request) => Buffer.from(toBinary(method.input, create(method.input, message))),
          (bytes) => fromBinary(method.output, bytes),
          request,
          metadata,
          timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
          (error, response) => {
            if (error !== null) reject(RpcFailure.fromGrpc(error));
            else if (response === undefined) reject(new Error('neither an error nor a response'));
            else resolve(response);
          },
        );
      }),
    close: () => client.close(),
  };
}

function originOf({ httpUrl, grpcUrl }: Origins, port: Port): string {
  return port === 'HTTP port' ? httpUrl : grpcUrl;
}

const CONNECT_NODE_HTTP_PORT = (['1.1', '2'] as const).flatMap((httpVersion) =>
  (['JSON', 'binary'] as const).flatMap((encoding) => [
    connectNodeTransport('Connect', encoding, httpVersion),
    connectNodeTransport('gRPC-Web', encoding, httpVersion),
  ]),
);

/** Every protocol that the service speaks, with real clients. */
export const RPC_DOORS: readonly RpcTransport[] = [
  ...CONNECT_NODE_HTTP_PORT,
  connectNodeTransport('gRPC', 'JSON', '2'),
  connectNodeTransport('gRPC', 'binary', '2'),
  connectNodeTransport('gRPC', 'binary', '2', 'gRPC port'),
  grpcJsTransport('HTTP port'),
  grpcJsTransport('gRPC port'),
];

const GZIP = { sendCompression: compressionGzip, compressMinBytes: 1 };
const GRPC_JS_GZIP = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };

/** The same protocols with requests compressed by gzip. */
export const GZIP_DOORS: readonly RpcTransport[] = [
  connectNodeTransport('Connect', 'JSON', '1.1', 'HTTP port', GZIP),
  connectNodeTransport('Connect', 'binary', '2', 'HTTP port', GZIP),
  connectNodeTransport('gRPC-Web', 'binary', '1.1', 'HTTP port', GZIP),
  connectNodeTransport('gRPC', 'binary', '2', 'HTTP port', GZIP),
  connectNodeTransport('gRPC', 'binary', '2', 'gRPC port', GZIP),
  grpcJsTransport('HTTP port', GRPC_JS_GZIP),
  grpcJsTransport('gRPC port', GRPC_JS_GZIP),
];
