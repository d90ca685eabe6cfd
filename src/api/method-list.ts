import type { DescMessage, DescMethodUnary, Message } from '@bufbuild/protobuf';
import { KeyService } from '../../gen/iterapay/keys/v1/keys_pb.js';
import type { KeyServiceMethods } from './key-service-methods.ts';
import type { CallContext, Method } from './method.ts';

/** A method of the contract and what implements it, for transports, to which every method is alike. */
export interface ServedMethod {
  readonly descriptor: DescMethodUnary;
  /** @param request a message of the descriptor's input */
  call(context: CallContext, request: Message): Promise<Message>;
}

/** All methods of the contract, in its order. */
export function listMethods(methods: KeyServiceMethods): readonly ServedMethod[] {
  const { generate, info, revoke, validate } = KeyService.method;
  const served = {
    generate: pair(generate, methods.generate),
    info: pair(info, methods.info),
    revoke: pair(revoke, methods.revoke),
    validate: pair(validate, methods.validate),
  } satisfies Record<keyof typeof KeyService.method, ServedMethod>;
  return Object.values(served);
}

/** Here alone the types of a descriptor and of its implementation are compared. */
function pair<I extends DescMessage, O extends DescMessage>(
  descriptor: DescMethodUnary<I, O>,
  call: Method<I, O>,
): ServedMethod {
  return { descriptor, call };
}
