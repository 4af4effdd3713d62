import type { CompiledDefinitions, EvaluationContext, ReasonCode } from "@effect-posthog/evaluator"
import { evaluateAll } from "@effect-posthog/evaluator"
import { printable, quoted, shortJson, table } from "../terminal/printable.ts"

/** A flag that was decided. */
export interface DecidedFlag {
  readonly value: boolean | string
  readonly payload?: unknown
  readonly reason: ReasonCode
  readonly source: "local"
}

/** The flags of a person. */
export interface Evaluation {
  readonly flags: Readonly<Record<string, DecidedFlag>>
  /** Flags that could not be decided here, with the cause. */
  readonly undecided: Readonly<Record<string, string>>
}

/** Evaluates flags as the library would without asking PostHog. */
export const evaluate = (
  definitions: CompiledDefinitions,
  person: EvaluationContext,
  now: number,
  keys: ReadonlyArray<string>
): Evaluation => {
  const flags: Array<[string, DecidedFlag]> = []
  const undecided: Array<[string, string]> = []
  for (const [key, result] of evaluateAll(definitions, person, now, keys).results) {
    if (result._tag === "Resolved") {
      const { payload, reason, value } = result
      flags.push([key, { value, ...(payload === undefined ? {} : { payload }), reason, source: "local" }])
    } else {
      undecided.push([key, result._tag === "Unknown" ? "not among the definitions" : result.cause])
    }
  }
  // Made from entries: a flag may have the key __proto__.
  return { flags: Object.fromEntries(flags), undecided: Object.fromEntries(undecided) }
}

/** A line for each flag. */
export const renderEvaluation = ({ flags, undecided }: Evaluation): string =>
  table([
    ...Object.entries(flags).map(([key, { payload, reason, value }]) => [
      name(key),
      typeof value === "string" ? quoted(value) : String(value),
      `${reason}${payload === undefined ? "" : `  payload ${shortJson(payload)}`}`
    ]),
    ...Object.entries(undecided).map(([key, cause]) => [name(key), "undecided", printable(cause)])
  ])

const name = (key: string): string => printable(key.length > 100 ? `${key.slice(0, 99)}…` : key)
