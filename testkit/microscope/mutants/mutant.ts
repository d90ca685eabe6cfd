import type { Mutation } from '../mutation.ts';
import type { Configuration } from '../plan.ts';

/** A step of the protocol taken away, which the microscope has to notice by a stale accept. */
export interface Mutant {
  /** Its number in `model/README.md`. */
  readonly number: string;
  /** What is taken away or changed. */
  readonly name: string;
  readonly mutation: Mutation;
  /** Whether it breaks an assumption of `docs/protocol.md`, and no step of the protocol. */
  readonly breaksAssumption?: true;
  /** Where drawn schedules find it soon. The unmutated protocol passes the same ones. */
  readonly configuration: Configuration;
}
