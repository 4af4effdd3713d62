// Generated from packages/testkit/src/Contract.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What the contract suites of this package are made of: laws with a name, checked by any test framework.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * One thing that an implementation must do.
 *
 * **Details**
 *
 * `check` fails with a {@link ContractViolation} when the implementation does something else. Run it in a scope and under
 * a test clock, as `it.scoped` of `@effect/vitest` does.
 *
 * @since 3.0.0
 * @category models
 */
export interface Law<out R = never> {
  /** A sentence, to be used as the name of a test. */
  readonly name: string
  readonly check: Effect.Effect<void, ContractViolation, R | Scope.Scope>
}

/**
 * The error of an implementation that breaks a law.
 *
 * @since 3.0.0
 * @category errors
 */
export class ContractViolation extends Data.TaggedError("ContractViolation")<{ readonly message: string }> {}
