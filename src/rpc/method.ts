import type { DescMessage, MessageShape } from '@bufbuild/protobuf';

/** Every value of a call's `authorization` header or metadata. */
export type AuthorizationValues = readonly string[];

/**
 * One RPC, free of any transport, in two steps, so that a door can read what remains of a request (its body) after
 * the caller was checked and before anything happens.
 *
 * The first step checks the caller and the request and changes nothing; the second does the work. Both throw
 * ServiceError for what a caller can meet.
 */
export type Method<I extends DescMessage, O extends DescMessage> = (
  authorization: AuthorizationValues,
  request: MessageShape<I>,
) => Promise<() => Promise<MessageShape<O>>>;

/** A method, whatever its messages: for doors, which take them from the descriptor. */
export type AnyMethod = Method<DescMessage, DescMessage>;
