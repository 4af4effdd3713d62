/** @since 1.0.0 */
import type { CompiledCohort, CompiledFilter, CompiledFlag, CompiledGroup, FlagPlan } from "./plan.ts"

interface Needs {
  readonly personProperties: ReadonlyArray<string>
  readonly groups: ReadonlyArray<string>
  readonly groupProperties: ReadonlyMap<string, ReadonlyArray<string>>
  readonly deviceId: boolean
  readonly timeZone: boolean
  readonly flags: ReadonlyArray<string>
  readonly never: ReadonlyArray<string>
}

/** @internal */
export const requirementsOf = (flag: CompiledFlag): Needs => {
  const collector = new Collector()
  collector.collect(flag)
  return collector.needs()
}

/** Filters, groups, cohorts and flags that are listed for one flag: a few milliseconds of work. */
const mostVisited = 20_000

const sorted = (names: Iterable<string>): ReadonlyArray<string> => Array.from(names).sort()

/** Goes through everything that a flag leads to, once, with a list of its own instead of recursion. */
class Collector {
  private readonly personProperties = new Set<string>()
  private readonly groups = new Set<string>()
  private readonly groupProperties = new Map<string, Set<string>>()
  private readonly flags = new Set<string>()
  private readonly never = new Set<string>()
  private readonly seen = new Set<CompiledFlag | CompiledCohort>()
  private readonly pending: Array<CompiledFlag | CompiledCohort | CompiledGroup | CompiledFilter> = []
  private deviceId = false
  private timeZone = false

  collect(flag: CompiledFlag): void {
    this.seen.add(flag)
    this.flag(flag)
    let next = this.pending.pop()
    for (let visited = 0; next !== undefined; visited++) {
      if (visited > mostVisited) {
        this.never.add("the flag refers to more than can be listed")
        return
      }
      this.visit(next)
      next = this.pending.pop()
    }
  }

  needs(): Needs {
    const properties = sorted(this.groupProperties.keys()).map((type) =>
      [type, sorted(this.groupProperties.get(type)!)] as const
    )
    return {
      personProperties: sorted(this.personProperties),
      groups: sorted(this.groups),
      groupProperties: new Map(properties),
      deviceId: this.deviceId,
      timeZone: this.timeZone,
      flags: sorted(this.flags),
      never: Array.from(this.never)
    }
  }

  private visit(item: CompiledFlag | CompiledCohort | CompiledGroup | CompiledFilter): void {
    if ("metadata" in item) {
      this.flags.add(item.metadata.key)
      this.flag(item)
    } else if ("id" in item) this.body(item)
    else if (item._tag === "Group") this.push(item.children)
    else this.filter(item)
  }

  private push(items: ReadonlyArray<CompiledGroup | CompiledFilter>): void {
    for (let i = 0; i < items.length && this.pending.length <= mostVisited; i++) this.pending.push(items[i]!)
  }

  private refer(target: CompiledFlag | CompiledCohort): void {
    if (!this.seen.has(target)) {
      this.seen.add(target)
      this.pending.push(target)
    }
  }

  private flag({ body, reference }: CompiledFlag): void {
    if (reference.cycle !== undefined || reference.tooDeep) {
      this.never.add("references between flags and cohorts lead back, or on for too many levels")
    }
    // Evaluation looks no further either.
    if (reference.tooDeep && body._tag === "Plan") return
    if (body._tag === "Plan") this.plan(body)
    else if (body._tag !== "Resolved") this.never.add(body.cause)
  }

  private body({ body, reference, undecided }: CompiledCohort): void {
    if (reference.cycle !== undefined) this.never.add(undecided.cause)
    if (body._tag === "Group") this.pending.push(body)
    else this.never.add(body.cause)
  }

  private plan(plan: FlagPlan): void {
    const { bucketing, conditions, enrolment, holdout, variants } = plan
    if (enrolment !== undefined) {
      this.personProperties.add(enrolment.property)
      return
    }
    if (holdout !== undefined && bucketing.kind === "device" && holdout.threshold > 0 && holdout.threshold < 1) {
      this.deviceId = true
    }
    if (holdout !== undefined && bucketing.kind === "group") this.groups.add(bucketing.groupType)
    for (const condition of conditions) {
      if (this.pending.length > mostVisited) return
      const hashes = condition.percentage !== 100 || (variants.length > 0 && condition.pinned === undefined)
      if (condition.bucketing.kind === "device" && hashes) this.deviceId = true
      if (condition.bucketing.kind === "group") this.groups.add(condition.bucketing.groupType)
      // A condition about a group of unknown type is always passed over.
      if (condition.group !== "unmapped") this.push(condition.filters)
    }
  }

  private filter({ needsTimeZone, never, shape }: CompiledFilter): void {
    this.timeZone ||= needsTimeZone
    if (never !== undefined) this.never.add(never.cause)
    switch (shape._tag) {
      case "Property":
        if (shape.source._tag === "Person" && shape.key !== "distinct_id") this.personProperties.add(shape.key)
        if (shape.source._tag === "Group") this.groupProperty(shape.source.groupType, shape.key)
        break
      case "Cohort":
        if (shape.cohort !== undefined) this.refer(shape.cohort)
        break
      case "Flag":
        shape.flags.forEach((flag) => this.refer(flag))
        break
      case "Unsupported":
        break
    }
  }

  private groupProperty(groupType: string, key: string): void {
    // Nothing is known about a group that is not passed.
    this.groups.add(groupType)
    if (key === "$group_key") return
    const names = this.groupProperties.get(groupType) ?? new Set()
    names.add(key)
    this.groupProperties.set(groupType, names)
  }
}
