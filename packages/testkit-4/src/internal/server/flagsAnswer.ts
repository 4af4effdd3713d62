// Generated from packages/testkit/src/internal/server/flagsAnswer.ts by packages/tools/editions.mjs: change that file, not this one.
import type { DecidedFlag } from "../project/decidedFlag.ts"
import * as Answer from "./answer.ts"

/** @internal */
export interface FlagsAnswer {
  readonly flags: ReadonlyArray<DecidedFlag>
  readonly errors: boolean
  readonly limited: boolean
  readonly requestId: string
  readonly evaluatedAt: number
  readonly minimal: boolean
}

/** @internal */
export const render = (shape: "v4" | "v3", answer: FlagsAnswer): Answer.Answer =>
  Answer.json(200, {
    ...(shape === "v4" ? currentShape(answer) : legacyShape(answer)),
    errorsWhileComputingFlags: answer.errors || answer.flags.some((flag) => flag.failed === true),
    ...(answer.limited ? { quotaLimited: ["feature_flags"] } : {}),
    requestId: answer.requestId,
    ...(answer.minimal ? { minimalFlagCalledEvents: true } : {})
  })

const currentShape = ({ evaluatedAt, flags }: FlagsAnswer) => ({
  flags: Object.fromEntries(flags.map((flag) => [flag.key, flag])),
  evaluatedAt
})

const legacyShape = ({ flags }: FlagsAnswer) => ({
  featureFlags: Object.fromEntries(flags.map((flag) => [flag.key, flag.enabled ? flag.variant ?? true : false])),
  featureFlagPayloads: Object.fromEntries(
    flags.flatMap((flag) => (flag.enabled && flag.metadata.payload !== null ? [[flag.key, flag.metadata.payload]] : []))
  )
})
