/**
 * Which hashes an evaluation of many flags makes together, before it comes to the flags.
 *
 * @since 1.0.0
 */
import type { Bucketing, EvaluationState } from "./evaluationState.ts"
import { rolloutSalt, variantSalt } from "./hash/bucketing.ts"
import type { Surroundings } from "./hash/hashesAhead.ts"
import { HashesAhead, longestPrefix } from "./hash/hashesAhead.ts"
import type { Lanes } from "./hash/sha1Lanes.ts"
import { mostMessages, openLanes } from "./hash/sha1Lanes.ts"
import type { DefinitionsPlan, FlagPlan } from "./plan.ts"

/** A process evaluates so many flags before it makes the lanes, which takes 2 ms: those that do little never pay it. */
const flagsBefore = 10_000

/** Fewer hashes than this are made one by one. */
const fewestHashes = 4

/** Variants are hashed ahead when at least so many percent of the callers get one. */
const likely = 25

const nobody: ReadonlyArray<Bucketing> = []

let flagsSoFar = 0

let lanes: Lanes | undefined = undefined

let triedLanes = false

/**
 * Makes the hashes that most callers need together. One that a caller turns out not to need costs little.
 *
 * @internal
 */
export const hashAhead = (bucketings: ReadonlyArray<Bucketing>, state: EvaluationState): void => {
  for (let i = 0; i < bucketings.length; i++) {
    const bucketing = bucketings[i]!
    const identifier = identifierOf(bucketing, state)
    if (identifier !== undefined && identifier !== "") bucketing.ahead?.prepare(identifier)
  }
}

/** Reading the key of a group can throw; then each flag about it finds that for itself. */
const identifierOf = (bucketing: Bucketing, state: EvaluationState): string | undefined => {
  try {
    return state.identifier(bucketing)
  } catch {
    return undefined
  }
}

/**
 * Finds whose hashes are made ahead: nobody's, while the process has not evaluated enough flags for that.
 *
 * @internal
 */
export const hashedAhead = (plan: DefinitionsPlan): ReadonlyArray<Bucketing> => {
  flagsSoFar += plan.evaluated.length
  if (flagsSoFar < flagsBefore) return nobody
  return plan.hashedAhead = consider(plan)
}

const consider = ({ evaluated }: DefinitionsPlan): ReadonlyArray<Bucketing> => {
  const wanted = new Map<Bucketing, Array<Surroundings>>()
  const most = Math.min(evaluated.length, mostMessages / 2)
  for (let i = 0; i < most; i++) {
    const { body, settled } = evaluated[i]!
    if (settled === undefined && body._tag === "Plan") collect(body, wanted)
  }
  const bucketings: Array<Bucketing> = []
  for (const [bucketing, surroundings] of wanted) {
    const opened = surroundings.length < fewestHashes ? undefined : lanesOfProcess()
    if (opened === undefined) continue
    bucketing.ahead = new HashesAhead(opened, surroundings)
    bucketings.push(bucketing)
  }
  return bucketings
}

const lanesOfProcess = (): Lanes | undefined => {
  if (!triedLanes) lanes = openLanes()
  triedLanes = true
  return lanes
}

/** The hashes of conditions without filters: evaluation asks for them as soon as it comes there. */
const collect = (
  { bucketing, conditions, enrolment, prefix, variants }: FlagPlan,
  wanted: Map<Bucketing, Array<Surroundings>>
): void => {
  if (prefix.bytes > longestPrefix || enrolment !== undefined) return
  let rollout = false
  let variant = false
  for (const condition of conditions) {
    // A prefix has one place for each salt, so it can be hashed ahead for one identifier.
    if (condition.bucketing !== bucketing) return
    if (condition.filters.length > 0) continue
    rollout ||= condition.percentage !== 100
    variant ||= variants.length > 0 && condition.pinned === undefined && condition.percentage >= likely
    if (condition.percentage === 100 && condition.group === "none") break
  }
  if (!rollout && !variant) return
  const known = wanted.get(bucketing)
  const surroundings = known ?? []
  if (known === undefined) wanted.set(bucketing, surroundings)
  if (rollout) surroundings.push({ prefix, salt: rolloutSalt })
  if (variant) surroundings.push({ prefix, salt: variantSalt })
}
