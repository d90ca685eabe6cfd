import type { DescMethodUnary } from '@bufbuild/protobuf';
import { type InfoRequestSchema, KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { RpcClient } from './rpc-client.ts';
import { type Origins, RPC_DOORS, type RpcDoor } from './rpc-doors.ts';

/** The four methods. */
export const { generate, info, revoke, validate } = KeyService.method;

/** A method whose request names a merchant and nothing else. */
export type MemberMethod = DescMethodUnary<typeof InfoRequestSchema>;

/** The methods that need a login token; their requests differ only by name. */
export const MEMBER_METHODS = [generate, info, revoke] as unknown as readonly MemberMethod[];

/** Describes the same for every door, with a client that is open while its tests run. */
export function describeEachDoor(
  what: string,
  origins: () => Origins,
  describeDoor: (client: () => RpcClient, door: RpcDoor) => void,
  doors: readonly RpcDoor[] = RPC_DOORS,
): void {
  for (const door of doors) {
    describe(`${what} (${door.name})`, () => {
      let client: RpcClient;

      before(() => {
        client = door.connect(origins());
      });

      after(() => client.close());

      describeDoor(() => client, door);
    });
  }
}

let merchants = 0;

/** The id of a merchant that no other test has. */
export function newMerchant(): string {
  merchants++;
  return `merchant-${merchants}`;
}
