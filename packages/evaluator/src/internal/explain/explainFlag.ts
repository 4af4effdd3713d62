/**
 * Retraces an evaluation, step by step as `evaluate` takes them, and keeps what it sees.
 *
 * @since 1.0.0
 */
import type { EvaluationContext } from "../../EvaluationContext.ts"
import type {
  CohortExplanation,
  ConditionExplanation,
  DependencyExplanation,
  ExplainedVerdict,
  Explanation,
  FilterExplanation,
  GroupExplanation,
  MissingInput,
  PropertyExplanation,
  RolloutExplanation,
  VariantExplanation
} from "../../Explanation.ts"
import type { Result } from "../../Result.ts"
import { reading } from "../compile/compileFilter.ts"
import { noDeviceId } from "../compile/compileFlag.ts"
import { flagResult, holdoutHash, isSkipped, outcomeOf, testFilters } from "../evaluate.ts"
import type { Bucketing } from "../evaluationState.ts"
import { EvaluationState } from "../evaluationState.ts"
import { rolloutSalt, variantSalt } from "../hash/bucketing.ts"
import type {
  CompiledCohort,
  CompiledFilter,
  CompiledFlag,
  CompiledGroup,
  Condition,
  FlagPlan,
  Reference
} from "../plan.ts"
import type { Verdict } from "../verdict.ts"

/** @internal */
export const explainFlag = (flag: CompiledFlag, context: EvaluationContext, now: number): Explanation =>
  new Tracer(new EvaluationState(context, now)).flag(flag)

const see = (seen: unknown) => ({ seen, supplied: seen !== undefined })

const explainVerdict = (verdict: Verdict): ExplainedVerdict => {
  if (typeof verdict === "boolean") return { verdict: verdict ? "match" : "mismatch", cause: undefined }
  return { verdict: verdict._tag === "Inconclusive" ? "inconclusive" : "requiresServer", cause: verdict.cause }
}

const bucketedBy = (bucketing: Bucketing): string => {
  switch (bucketing.kind) {
    case "person":
      return "distinct id"
    case "device":
      return "device id"
    case "group":
      return `key of group "${bucketing.groupType}"`
  }
}

const explainPlace = (
  bucketing: Bucketing,
  { percentage, threshold }: { readonly percentage: number; readonly threshold: number },
  hash: number | undefined,
  atZero: false | undefined
): RolloutExplanation => ({
  percentage,
  bucketedBy: bucketedBy(bucketing),
  hash: percentage === 100 ? undefined : hash,
  included: percentage === 100 || (hash !== undefined ? hash <= threshold : percentage === 0 ? atZero : undefined)
})

/** References are followed this many levels down, and to this many flags and cohorts in all. */
const deepest = 10

const most = 50

/** Conditions of a flag and filters of a condition or a group that are explained. */
const mostExplained = 1000

/** Flags and cohorts are explained where they are first met: the tree of a web of references stays small. */
class Tracer {
  private readonly state: EvaluationState
  private readonly explained = new Set<CompiledFlag | CompiledCohort>()
  private depth = 0

  constructor(state: EvaluationState) {
    this.state = state
  }

  flag(flag: CompiledFlag): Explanation {
    this.explained.add(flag)
    const result = flagResult(flag, this.state)
    return this.within(flag.reference, () => this.explanation(flag, result))
  }

  /** Retraces with the flag or cohort on the trail, where it is when its filters are tested. */
  private within<A>({ cycle, place }: Reference, trace: () => A): A {
    const entered = cycle !== undefined && this.state.enter(cycle, place)
    this.depth++
    const traced = trace()
    this.depth--
    if (entered) this.state.leave(place)
    return traced
  }

  private explanation({ body, metadata }: CompiledFlag, result: Result): Explanation {
    const plan = body._tag === "Plan" ? body : undefined
    const enrolment = plan === undefined ? undefined : this.enrolment(plan)
    const holdout = plan === undefined || enrolment !== undefined ? undefined : this.holdout(plan)
    const reachesConditions = plan !== undefined && enrolment === undefined &&
      (holdout === undefined || holdout.included === false)
    const conditions = reachesConditions ? this.conditions(plan) : []
    const missing = result._tag === "Inconclusive" ? this.missing(enrolment, holdout, conditions, plan) : []
    return { key: metadata.key, result, enrolment, holdout, conditions, missing }
  }

  private enrolment({ enrolment }: FlagPlan): PropertyExplanation | undefined {
    if (enrolment === undefined) return undefined
    return {
      _tag: "Property",
      name: enrolment.property,
      groupType: undefined,
      operator: "exact",
      wanted: true,
      ...see(this.state.person(enrolment.property)),
      negated: false,
      ...explainVerdict(enrolment.isEnrolled(this.state))
    }
  }

  private holdout(plan: FlagPlan): RolloutExplanation | undefined {
    const { bucketing, holdout } = plan
    return holdout === undefined ? undefined : explainPlace(bucketing, holdout, holdoutHash(plan, this.state), false)
  }

  private conditions(plan: FlagPlan): ReadonlyArray<ConditionExplanation> {
    let decided = false
    return plan.conditions.slice(0, mostExplained).map((condition) => {
      if (decided) return { ...unvisited(condition), verdict: "notReached" }
      const explained = this.condition(plan, condition)
      decided = explained.verdict === "match" || explained.verdict === "requiresServer" ||
        (explained.verdict === "outOfRollout" && plan.earlyExit)
      return explained
    })
  }

  private condition(plan: FlagPlan, condition: Condition): ConditionExplanation {
    if (isSkipped(condition, this.state)) return { ...unvisited(condition), verdict: "skipped" }
    const matched = testFilters(condition, this.state)
    const outcome = outcomeOf(plan, condition, this.state)
    const { cause, verdict } = explainVerdict(matched !== true || outcome._tag === "Resolved" ? matched : outcome)
    const isMissed = verdict === "match" && outcome === condition.missed
    return {
      index: condition.index,
      verdict: isMissed ? "outOfRollout" : verdict,
      cause,
      filters: condition.storedFilters.slice(0, mostExplained).map((filter) => this.filter(filter)),
      rollout: explainPlace(
        condition.bucketing,
        condition,
        this.state.hash(plan.prefix, condition.bucketing, rolloutSalt),
        undefined
      ),
      variant: isMissed || verdict === "mismatch" ? undefined : this.variant(plan, condition)
    }
  }

  private variant({ prefix, variants }: FlagPlan, condition: Condition): VariantExplanation | undefined {
    if (variants.length === 0) return undefined
    const ranges = variants.map(({ end, key }, i) => ({ key, from: i === 0 ? 0 : variants[i - 1]!.end, to: end }))
    const { bucketing, pinned } = condition
    if (pinned !== undefined) return { chosen: String(pinned.value), pinned: true, hash: undefined, ranges }
    const hash = this.state.hash(prefix, bucketing, variantSalt)
    const chosen = hash === undefined ? undefined : variants.find(({ end }) => hash < end)?.key ?? true
    return { chosen, pinned: false, hash, ranges }
  }

  private filter(filter: CompiledFilter): FilterExplanation {
    const verdict = explainVerdict(filter.test(this.state))
    const { negated, shape } = filter
    switch (shape._tag) {
      case "Property": {
        const { key, operator, source, value } = shape
        const groupType = source._tag === "Group" ? source.groupType : source._tag === "Person" ? undefined : "unknown"
        return {
          _tag: "Property",
          name: key,
          groupType,
          operator,
          wanted: value,
          ...see(reading(shape.source, shape.key)(this.state)),
          negated,
          ...verdict
        }
      }
      case "Cohort":
        return this.cohort(shape.id, shape.operator, shape.cohort, negated, verdict)
      case "Flag": {
        const { expected: wanted, flags, key } = shape
        return {
          _tag: "Flag",
          key,
          wanted,
          negated,
          chain: flags.slice(0, mostExplained).map((flag) => this.dependency(flag)),
          ...verdict
        }
      }
      case "Unsupported":
        return { _tag: "Unsupported", type: shape.type, key: shape.key, negated, ...verdict }
    }
  }

  private follows(target: CompiledFlag | CompiledCohort): boolean {
    return this.depth < deepest && this.explained.size < most && !this.explained.has(target)
  }

  private dependency(flag: CompiledFlag): DependencyExplanation["chain"][number] {
    const { key } = flag.metadata
    const explanation = this.follows(flag) ? this.flag(flag) : undefined
    return { key, result: explanation?.result ?? flagResult(flag, this.state), explanation }
  }

  private cohort(
    id: string,
    operator: string,
    cohort: CompiledCohort | undefined,
    negated: boolean,
    verdict: ExplainedVerdict
  ): CohortExplanation {
    let members: GroupExplanation | undefined = undefined
    if (cohort?.body._tag === "Group" && this.follows(cohort)) {
      this.explained.add(cohort)
      const { body, reference } = cohort
      members = this.within(reference, () => this.group(body))
    }
    return { _tag: "Cohort", id, operator, negated, members, ...verdict }
  }

  private group(group: CompiledGroup): GroupExplanation {
    const children = group.children.slice(0, mostExplained).map((child) =>
      child._tag === "Group" ? this.group(child) : this.filter(child)
    )
    return { _tag: "Group", combine: group.combine, children, ...explainVerdict(group.test(this.state)) }
  }

  private missing(
    enrolment: PropertyExplanation | undefined,
    holdout: RolloutExplanation | undefined,
    conditions: ReadonlyArray<ConditionExplanation>,
    plan: FlagPlan | undefined
  ): ReadonlyArray<MissingInput> {
    const found = new Map<string, MissingInput>()
    if (enrolment !== undefined) collect(enrolment, found)
    let isPlaced = holdout === undefined || holdout.included !== undefined
    for (const { filters, rollout, variant, verdict } of conditions) {
      if (verdict === "inconclusive") {
        isPlaced &&= rollout?.included !== undefined && (variant === undefined || variant.chosen !== undefined)
        filters.forEach((filter) => collect(filter, found))
      }
    }
    if (!isPlaced && plan?.unknownIdentifier === noDeviceId) add({ _tag: "DeviceId" }, found)
    return Array.from(found.values())
  }
}

const unvisited = ({ index }: Condition) => ({
  index,
  cause: undefined,
  filters: [],
  rollout: undefined,
  variant: undefined
})

const add = (input: MissingInput, found: Map<string, MissingInput>): void => {
  found.set(JSON.stringify(input), input)
}

/** The inputs that the inconclusive parts of a filter wait for. */
const collect = (filter: FilterExplanation, found: Map<string, MissingInput>): void => {
  if (filter.verdict !== "inconclusive") return
  switch (filter._tag) {
    case "Property": {
      const { groupType, name, supplied } = filter
      if (!supplied) {
        add(
          groupType === undefined ? { _tag: "PersonProperty", name } : { _tag: "GroupProperty", groupType, name },
          found
        )
      }
      break
    }
    case "Cohort":
      if (filter.members !== undefined) collect(filter.members, found)
      break
    case "Group":
      filter.children.forEach((child) => collect(child, found))
      break
    case "Flag":
      for (const { explanation } of filter.chain) {
        for (const input of explanation?.missing ?? []) {
          add(input, found)
        }
      }
      break
    case "Unsupported":
      break
  }
}
