// Generated from packages/effect-posthog/src/internal/definitions/state.ts by packages/tools/editions.mjs: change that file, not this one.
import { evaluateAll } from "@effect-posthog/evaluator"
import type { EvaluationContext } from "@effect-posthog/evaluator"
import { emptyEvaluation } from "../../LocalEvaluation.ts"
import type { LocalEvaluation } from "../../LocalEvaluation.ts"
import type { Installed } from "./compile.ts"

/** More keys than an application asks for. There is a bound because keys may come from requests. */
const capacity = 10_000

/**
 * Adds keys to a set of limited size; the oldest ones make room.
 *
 * @internal
 */
export const remember = (absent: Set<string>, keys: ReadonlyArray<string>): void => {
  for (const key of keys) {
    if (absent.has(key)) continue
    if (absent.size >= capacity) {
      for (const oldest of absent) {
        absent.delete(oldest)
        break
      }
    }
    absent.add(key)
  }
}

/**
 * All that evaluation looks at, replaced as a whole: a reader that takes it once sees one set of definitions.
 *
 * @internal
 */
export interface DefinitionsState {
  readonly installed: Installed
  /** Validates exactly these definitions. */
  readonly etag: string | undefined
  readonly loadedAt: number
  /** The time from which on the definitions are stale. */
  readonly staleFrom: number
  /** Evaluation contexts are configured, and may exclude flags. */
  readonly dropsFlags: boolean
  /** Keys the server is known not to have. It belongs to this state: the next refresh starts with an empty set. */
  readonly absent: Set<string>
}

/** @internal */
export const isStale = ({ staleFrom }: DefinitionsState, now: number): boolean => now >= staleFrom

// Absent by what the server said, or because the configured evaluation contexts exclude the flag.
const knownAbsent = (
  { absent, dropsFlags, installed: { definitions } }: DefinitionsState,
  keys: ReadonlyArray<string>
): ReadonlySet<string> | undefined => {
  if (absent.size === 0 && !dropsFlags) return undefined
  let found: Set<string> | undefined
  for (const key of keys) {
    if (absent.has(key) || definitions.isDroppedByContext(key)) {
      found ??= new Set()
      found.add(key)
    }
  }
  return found
}

/** @internal */
export const evaluate = (
  state: DefinitionsState | undefined,
  context: EvaluationContext,
  keys: ReadonlyArray<string> | undefined,
  now: number
): LocalEvaluation => {
  if (state === undefined) return emptyEvaluation(keys)
  const { definitions } = state.installed
  const absent = keys === undefined ? undefined : knownAbsent(state, keys)
  const asked = absent === undefined ? keys : keys?.filter((key) => !absent.has(key))
  const { needsRemote, results, steps } = evaluateAll(definitions, context, now, asked)
  return {
    records: results,
    needsRemote,
    loadedAt: state.loadedAt,
    minimalFlagCalledEvents: definitions.minimalFlagCalledEvents,
    absent,
    stale: isStale(state, now),
    metadata: definitions.metadata,
    steps
  }
}
