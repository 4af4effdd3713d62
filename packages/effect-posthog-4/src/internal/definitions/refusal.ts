// Generated from packages/effect-posthog/src/internal/definitions/refusal.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { DefinitionsError } from "../../Definitions.ts"

/** @internal */
export const refusal = (problem: string): DefinitionsError =>
  new DefinitionsError({ reason: "InvalidDocument", problem })

/**
 * Why a value is not a definitions document at all, whatever its flags are.
 *
 * @internal
 */
export const refusalOf = (document: unknown): DefinitionsError | undefined =>
  !isRecord(document)
    ? refusal("the document is not an object")
    : Array.isArray(document.flags)
    ? undefined
    : refusal("the document has no array \"flags\"")
