// Generated from packages/testkit/src/internal/contract/requirements.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { ContractViolation } from "../../Contract.ts"
import { isSame, shown } from "../values.ts"

/**
 * Fails the law unless the condition holds.
 *
 * @internal
 */
export const require = (condition: boolean, problem: string): Effect.Effect<void, ContractViolation> =>
  condition ? Effect.void : new ContractViolation({ message: problem })

/**
 * Fails the law unless both values are the same JSON.
 *
 * @internal
 */
export const requireSame = (
  actual: unknown,
  expected: unknown,
  what: string
): Effect.Effect<void, ContractViolation> =>
  require(isSame(actual, expected), `${what}: expected ${shown(expected)}, got ${shown(actual)}`)

/**
 * Turns the errors of the implementation under test into violations of the contract.
 *
 * @internal
 */
export const succeeding = <A, E, R>(
  operation: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, ContractViolation, R> =>
  Effect.catchCause(
    effect,
    (cause) => new ContractViolation({ message: `${operation} failed: ${Cause.pretty(cause).split("\n    at ")[0]}` })
  )
