/**
 * Evaluation of compiled flags and cohorts.
 *
 * @since 1.0.0
 */
import type { Inconclusive, Resolved } from "../Result.ts"
import type { EvaluationState } from "./evaluationState.ts"
import type { Salt } from "./hash/bucketing.ts"
import { rolloutSalt, variantSalt } from "./hash/bucketing.ts"
import type { CompiledCohort, CompiledFlag, CompiledGroup, Condition, FlagPlan, Reference, Variant } from "./plan.ts"
import type { Unresolved, Verdict } from "./verdict.ts"
import { exhausted, inconclusive, resolved, stronger } from "./verdict.ts"

const inCycle = inconclusive("unsupported_definition", "the flag depends on itself")

const tooDeep = inconclusive(
  "unsupported_definition",
  "the flag depends on flags that depend on others for too many levels"
)

/**
 * The result of a flag. One that others depend on is evaluated once per evaluation.
 *
 * @internal
 */
export const flagResult = (flag: CompiledFlag, state: EvaluationState): Resolved | Unresolved => {
  const { body, reference, settled } = flag
  if (settled !== undefined) return settled
  if (body._tag !== "Plan") return body
  return reference.edges.length === 0 && reference.uses === 0
    ? evaluatePlan(body, state)
    : follow(reference, 1, body, evaluatePlan, tooDeep, inCycle, state)
}

/**
 * Whether the caller is a member of a cohort. One that several filters refer to is evaluated once per evaluation.
 *
 * @internal
 */
export const cohortVerdict = ({ body, reference, undecided }: CompiledCohort, state: EvaluationState): Verdict =>
  body._tag === "Group" ? follow(reference, 2, body, testGroup, undecided, undecided, state) : body

const testGroup = (group: CompiledGroup, state: EvaluationState): Verdict => group.test(state)

/** Evaluates what is referred to. From so many uses on, what it comes to is remembered, unless it is part of a cycle. */
const follow = <A, Body>(
  { cycle, place, tooDeep, uses }: Reference,
  manyUses: number,
  body: Body,
  evaluate: (body: Body, state: EvaluationState) => A,
  whenTooDeep: A,
  whenVisited: A,
  state: EvaluationState
): A => {
  if (tooDeep) return whenTooDeep
  state.steps++
  if (cycle !== undefined) {
    if (!state.enter(cycle, place)) return whenVisited
    const result = evaluate(body, state)
    state.leave(place)
    return result
  }
  if (uses < manyUses) return evaluate(body, state)
  const known = state.recall(place)
  if (known !== undefined) return known as A
  const result = evaluate(body, state)
  state.remember(place, result)
  return result
}

/** The steps of section 4 that come before the conditions. A flag that is off, or not for us, has a constant result. */
const evaluatePlan = (plan: FlagPlan, state: EvaluationState): Resolved | Unresolved => {
  const { enrolment, holdout, only } = plan
  if (only !== undefined) {
    const matched = testFilters(only, state)
    return matched === true ? outcomeOf(plan, only, state) : matched === false ? only.unmatched : matched
  }
  if (enrolment !== undefined) {
    const enrolled = enrolment.isEnrolled(state)
    return typeof enrolled !== "boolean" ? enrolled : enrolled ? enrolment.enrolled : enrolment.declined
  }
  if (holdout !== undefined) {
    const held = holdout.percentage === 100 || isHeldOut(plan, holdout.threshold, state)
    if (held === true) return holdout.member
    if (held === undefined) return plan.unknownIdentifier
  }
  return evaluateConditions(plan, state)
}

/**
 * Where the caller falls for a holdout; `undefined` when the identifier is not known.
 *
 * @internal
 */
export const holdoutHash = ({ bucketing }: FlagPlan, state: EvaluationState): number | undefined => {
  // The server hashes the empty key of a group that was not passed.
  const identifier = state.identifier(bucketing) ?? (bucketing.kind === "group" ? "" : undefined)
  return identifier === undefined ? undefined : bucketing.holdout(identifier)
}

const isHeldOut = (plan: FlagPlan, threshold: number, state: EvaluationState): boolean | undefined => {
  const hash = holdoutHash(plan, state)
  if (hash === undefined) return threshold === 0 ? false : undefined
  return hash <= threshold
}

const evaluateConditions = (plan: FlagPlan, state: EvaluationState): Resolved | Unresolved => {
  // Of conditions that did not match, the reason of the highest rank is reported, and of equal ones the later:
  // a miss of the rollout, then of the filters, then a group that was not passed.
  let fallback = plan.bucketing.kind === "group" && state.groupKey(plan.bucketing.groupType) === undefined
    ? plan.withoutGroup
    : plan.withoutCondition
  let rank = 0
  let unresolved: Inconclusive | undefined = undefined
  let unresolvedBefore: Array<Condition> | undefined = undefined
  const { conditions, earlyExit } = plan
  for (let i = 0; i < conditions.length; i++) {
    if (state.isExhausted) return exhausted
    const condition = conditions[i]!
    state.steps++
    if (isSkipped(condition, state)) {
      if (rank <= 1) {
        rank = 1
        fallback = condition.skipped
      }
      continue
    }
    const matched = testFilters(condition, state)
    if (matched === false) {
      if (rank <= 2) {
        rank = 2
        fallback = condition.unmatched
      }
      continue
    }
    const outcome = matched === true ? outcomeOf(plan, condition, state) : matched
    if (outcome._tag === "RequiresServer") return outcome
    if (outcome._tag === "Inconclusive") {
      unresolved ??= outcome
      unresolvedBefore ??= []
      unresolvedBefore.push(condition)
      continue
    }
    if (outcome !== condition.missed) {
      return unresolved === undefined || agree(plan, unresolvedBefore, outcome, state)
        ? outcome
        : unresolved
    }
    if (earlyExit) return unresolved ?? outcome
    rank = 3
    fallback = outcome
  }
  return unresolved ?? fallback
}

/**
 * Whether a condition is passed over because its group is not passed.
 *
 * @internal
 */
export const isSkipped = (condition: Condition, state: EvaluationState): boolean =>
  condition.group === "unmapped" ||
  (condition.bucketing.kind === "group" && state.groupKey(condition.bucketing.groupType) === undefined)

/**
 * All filters of a condition: a definite mismatch decides, wherever it stands.
 *
 * @internal
 */
export const testFilters = ({ filters }: Condition, state: EvaluationState): Verdict => {
  let unresolved: Unresolved | undefined = undefined
  for (let i = 0; i < filters.length; i++) {
    if (state.isExhausted) return exhausted
    state.steps++
    const verdict = filters[i]!.test(state)
    if (verdict === false) return false
    if (verdict !== true) unresolved = stronger(unresolved, verdict)
  }
  return unresolved ?? true
}

/**
 * What a condition gives once its filters match: a value, or its `missed` result.
 *
 * @internal
 */
export const outcomeOf = (plan: FlagPlan, condition: Condition, state: EvaluationState): Resolved | Inconclusive => {
  if (condition.percentage !== 100) {
    const hash = hashOf(plan, condition, rolloutSalt, state)
    if (hash === undefined) return plan.unknownIdentifier
    if (!(hash <= condition.threshold)) return condition.missed
  }
  if (condition.pinned !== undefined) return condition.pinned
  const variants = plan.variants
  if (variants.length === 0) return condition.plain
  const hash = hashOf(plan, condition, variantSalt, state)
  if (hash === undefined) return plan.unknownIdentifier
  for (let i = 0; i < variants.length; i++) {
    if (hash < variants[i]!.end) {
      state.steps += i >> variantsPerStep
      return condition.chosen[i] ??= chosenResult(variants[i]!, condition)
    }
  }
  state.steps += variants.length >> variantsPerStep
  return condition.plain
}

/** A step of work for every 32 variants that are passed over, as a shift. */
const variantsPerStep = 5

const chosenResult = ({ key, payload }: Variant, { index }: Condition): Resolved =>
  resolved(key, payload, "condition_match", index)

const hashOf = (plan: FlagPlan, { bucketing }: Condition, salt: Salt, state: EvaluationState): number | undefined =>
  plan.conditions.length === 1
    ? state.hash(plan.prefix, bucketing, salt)
    : state.hashAgain(plan.prefix, bucketing, salt)

/**
 * Whether the unresolved conditions before a match could not have given the flag another value, had their filters
 * matched.
 */
const agree = (
  plan: FlagPlan,
  earlier: ReadonlyArray<Condition> | undefined,
  match: Resolved,
  state: EvaluationState
): boolean =>
  earlier === undefined || earlier.every((condition) => state.afford(1) && agrees(plan, condition, match, state))

const agrees = (plan: FlagPlan, condition: Condition, match: Resolved, state: EvaluationState): boolean => {
  const outcome = outcomeOf(plan, condition, state)
  if (outcome === condition.missed) return !plan.earlyExit
  if (outcome._tag === "Resolved") return outcome.value === match.value
  // The identifier is not known: the condition may miss, or give any value that it can give.
  const misses = condition.percentage !== 100
  const value = condition.pinned !== undefined
    ? condition.pinned.value
    : plan.variants.length === 0
    ? condition.plain.value
    : undefined
  return !(misses && plan.earlyExit) && value === match.value
}
