import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { CallOutcome } from '../core/call-outcome.ts';

/** What a transport knows of a call besides its request. */
export interface CallContext {
  /** Every value of the call's `authorization` header or metadata. */
  readonly authorizationHeader: readonly string[];
  /**
   * Runs after the caller and the request were checked and before anything happens: a transport reads here what remains of
   * a request. What it throws ends the call.
   */
  readonly onAdmitted?: () => Promise<void>;
  /**
   * Has the listener called when the caller is answered by the transport itself, or leaves, while the method still runs.
   * What is said after the method has ended means nothing.
   */
  readonly onEarlyEnd?: (listener: (outcome: CallOutcome) => void) => void;
}

/** One RPC, free of any transport. Throws ServiceError for what a caller can meet. */
export type Method<I extends DescMessage, O extends DescMessage> = (
  context: CallContext,
  request: MessageShape<I>,
) => Promise<MessageShape<O>>;

/** A method, whatever its messages: for transports, which take them from the descriptor. */
export type AnyMethod = Method<DescMessage, DescMessage>;
