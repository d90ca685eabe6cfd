import type { DescMessage, MessageShape } from '@bufbuild/protobuf';

/** What a transport knows of a call besides its request. */
export interface CallContext {
  /** Every value of the call's `authorization` header or metadata. */
  readonly authorizationHeader: readonly string[];
  /**
   * Runs after the caller and the request were checked and before anything happens: a transport reads here what remains of
   * a request. What it throws ends the call.
   */
  readonly onAdmitted?: () => Promise<void>;
}

/** One RPC, free of any transport. Throws ServiceError for what a caller can meet. */
export type Method<I extends DescMessage, O extends DescMessage> = (
  context: CallContext,
  request: MessageShape<I>,
) => Promise<MessageShape<O>>;

/** A method, whatever its messages: for transports, which take them from the descriptor. */
export type AnyMethod = Method<DescMessage, DescMessage>;
