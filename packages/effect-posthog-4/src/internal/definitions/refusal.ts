// Generated from packages/effect-posthog/src/internal/definitions/refusal.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { DefinitionsError } from "../../Definitions.ts"

/** @internal */
export const refusal = (problem: string): DefinitionsError =>
  new DefinitionsError({ reason: "InvalidDocument", problem })

const notAnObject = "the document is not an object"
const withoutFlags = "the document has no array \"flags\""

/**
 * Whether an answer was refused because it is JSON of something else.
 *
 * @internal
 */
export const isAnotherDocument = ({ problem }: DefinitionsError): boolean =>
  problem === notAnObject || problem === withoutFlags

/**
 * Why a value is not a definitions document at all, whatever its flags are.
 *
 * @internal
 */
export const refusalOf = (document: unknown): DefinitionsError | undefined =>
  !isRecord(document)
    ? refusal(notAnObject)
    : Array.isArray(document.flags)
    ? undefined
    : refusal(withoutFlags)
