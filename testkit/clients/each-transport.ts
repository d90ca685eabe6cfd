import type { DescMethodUnary } from '@bufbuild/protobuf';
import { type InfoRequestSchema, KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { RpcClient } from './rpc-client.ts';
import { type Origins, RPC_DOORS, type RpcTransport } from './rpc-transports.ts';

/** The four methods. */
export const { generate, info, revoke, validate } = KeyService.method;

/** A method whose request names a merchant and nothing else. */
export type MemberMethod = DescMethodUnary<typeof InfoRequestSchema>;

/** The methods that need a login token; their requests differ only by name. */
export const MEMBER_METHODS = [generate, info, revoke] as unknown as readonly MemberMethod[];

/** Describes the same for every transport, with a client that is open while its tests run. */
export function describeEachTransport(
  what: string,
  origins: () => Origins,
  describeTransport: (client: () => RpcClient, transport: RpcTransport) => void,
  transports: readonly RpcTransport[] = RPC_DOORS,
): void {
  for (const transport of transports) {
    describe(`${what} (${transport.name})`, () => {
      let client: RpcClient;

      before(() => {
        client = transport.connect(origins());
      });

      after(() => client.close());

      describeTransport(() => client, transport);
    });
  }
}

let merchants = 0;

/** The id of a merchant that no other test has. */
export function newMerchant(): string {
  merchants++;
  return `merchant-${merchants}`;
}
