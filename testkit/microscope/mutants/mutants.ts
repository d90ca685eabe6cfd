import { CACHE_MUTANTS } from './cache-mutants.ts';
import { LEASE_MUTANTS } from './lease-mutants.ts';
import type { Mutant } from './mutant.ts';
import { REVOCATION_MUTANTS } from './revocation-mutants.ts';

/** The mutants of `model/README.md`, as they can be injected here. */
export const MUTANTS: readonly Mutant[] = [...CACHE_MUTANTS, ...LEASE_MUTANTS, ...REVOCATION_MUTANTS];
