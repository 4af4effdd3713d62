// A second evaluator, written from the rules (the numbers refer to them) without regard to speed and without looking at
// the first: every rule is followed where it applies, nothing is prepared, everything is looked up again.
import { createHash } from "node:crypto"
import type { Three } from "./referenceOperators.ts"
import { known, operate, own, truthy } from "./referenceOperators.ts"

/** The flag's value, its payload and its reason; or why it is not decided. */
export interface ReferenceResult {
  readonly value: boolean | string | undefined
  readonly unresolved: "inconclusive" | "server" | undefined
  readonly payload?: unknown
  readonly reason?: string
  readonly index?: number | undefined
}

export interface ReferenceContext {
  readonly distinctId: string
  readonly deviceId?: string | undefined
  readonly groups?: Record<string, string | number> | undefined
  readonly personProperties?: Record<string, unknown> | undefined
  readonly groupProperties?: Record<string, Record<string, unknown>> | undefined
}

const hash = (text: string): number =>
  Number(BigInt(`0x${createHash("sha1").update(text).digest("hex").slice(0, 15)}`)) / Number(0xfffffffffffffffn)

const cut = (id: string): string => Array.from(id).slice(0, 200).join("")

const combine = (results: Array<Three>, deciding: boolean): Three =>
  results.includes(deciding)
    ? deciding
    : results.includes("server")
    ? "server"
    : results.includes("inconclusive")
    ? "inconclusive"
    : !deciding

export class ReferenceEvaluator {
  private readonly document: any
  private readonly context: ReferenceContext
  private readonly now: number
  private readonly contexts: ReadonlyArray<string>
  private readonly zone: string

  constructor(
    document: any,
    context: ReferenceContext,
    now: number,
    zone: string,
    contexts: ReadonlyArray<string> = []
  ) {
    this.document = document
    this.context = context
    this.now = now
    this.contexts = contexts
    this.zone = zone
  }

  private definition(key: string): any {
    return this.document.flags.filter((flag: any) => flag.key === key).at(-1)
  }

  private dropped(flag: any): boolean {
    const contexts = flag.evaluation_contexts ?? flag.evaluation_tags
    return this.contexts.length > 0 && Array.isArray(contexts) && contexts.length > 0 &&
      !contexts.some((context) => this.contexts.includes(context))
  }

  private groupType(index: any): string | undefined {
    return own(this.document.group_type_mapping, String(index))
  }

  private groupKey(type: string): string | number | undefined {
    const key = own(this.context.groups, type)
    return (typeof key === "string" && key !== "") || typeof key === "number" ? key : undefined
  }

  private person(): any {
    const given = this.context.personProperties ?? {}
    return own(given, "distinct_id") === undefined ? { ...given, distinct_id: this.context.distinctId } : given
  }

  private group(type: string): any {
    const key = this.groupKey(type)
    if (key === undefined) return {}
    const given = own(this.context.groupProperties, type) ?? {}
    return own(given, "$group_key") !== undefined ? given : { ...given, $group_key: key }
  }

  // 5.1
  private property(filter: any, properties: any): Three {
    const operator = filter.operator ?? "exact"
    if (!known.has(operator)) return "inconclusive"
    const property = properties === undefined ? undefined : own(properties, filter.key)
    if (property === undefined) return "inconclusive"
    if (operator === "is_set" || operator === "is_not_set") return operator === "is_set"
    if (filter.value === null || filter.value === undefined) return false
    return operate(operator, filter.value, property, this.now, this.document.property_matching_version, this.zone)
  }

  private filter(filter: any, aggregation: any, stack: ReadonlyArray<string>): Three {
    const type = filter.type ?? (aggregation === null ? "person" : "group")
    switch (type) {
      case "person":
        return this.property(filter, this.person())
      case "group": {
        const index = (filter.type === "group" ? filter.group_type_index : null) ?? aggregation
        const name = index === null ? undefined : this.groupType(index)
        return name === undefined ? "inconclusive" : this.property(filter, this.group(name))
      }
      case "cohort":
        return this.cohortFilter(filter, stack)
      case "flag":
        return this.dependency(filter, stack)
      default:
        return "server"
    }
  }

  // 6.1, 6.2, 6.7
  private cohortFilter(filter: any, stack: ReadonlyArray<string>): Three {
    const operator = filter.operator ?? "in"
    if (!["in", "exact", "not_in"].includes(operator)) return "inconclusive"
    const id = String(filter.value)
    const cohort = own(this.document.cohorts, id)
    if (cohort === undefined || stack.includes(`cohort ${id}`)) return "server"
    const member = this.cohort(cohort, [...stack, `cohort ${id}`])
    return typeof member === "boolean" ? member === (operator !== "not_in") : member
  }

  private static isGroup(value: any): boolean {
    return value !== null && typeof value === "object" && ["AND", "OR", "property"].includes(value.type) &&
      Array.isArray(value.values)
  }

  private cohort(cohort: any, stack: ReadonlyArray<string>): Three {
    return ReferenceEvaluator.isGroup(cohort) ? this.members(cohort, stack) : "server"
  }

  // 6.3 to 6.6
  private members(group: any, stack: ReadonlyArray<string>): Three {
    const results = group.values.map((child: any): Three => {
      if (child.values !== undefined || ["AND", "OR", "property"].includes(child.type)) return this.cohort(child, stack)
      const leaf = this.filter(child.type === "group" ? { ...child, type: "person" } : child, null, stack) // 6.8
      return typeof leaf === "boolean" && child.negation === true ? !leaf : leaf
    })
    return combine(results, group.type === "OR")
  }

  // 7
  private dependency(filter: any, stack: ReadonlyArray<string>): Three {
    const { dependency_chain: chain, key, operator, value } = filter
    if (operator !== "flag_evaluates_to" || key === "" || key === undefined || value === null || value === undefined) {
      return false
    }
    if (!Array.isArray(chain) || chain.length === 0) return "inconclusive"
    const members = [...chain, key]
    if (members.some((member) => this.definition(member) === undefined)) return "inconclusive"
    let target: ReferenceResult | undefined
    for (const member of members) {
      const result = this.flag(member, stack)
      if (result.unresolved !== undefined) return "inconclusive"
      target = result
    }
    if (typeof value === "boolean") return (target!.value !== false) === value
    return typeof value === "string" && target!.value === value
  }

  /** 4, 7.6: `stack` holds the flags and cohorts on the way here. */
  flag(key: string, stack: ReadonlyArray<string> = []): ReferenceResult {
    const flag = this.definition(key)
    const no = (reason: string, index?: number): ReferenceResult => ({
      value: false,
      unresolved: undefined,
      reason,
      index
    })
    const unresolved = (kind: "inconclusive" | "server"): ReferenceResult => ({ value: undefined, unresolved: kind })
    if (this.dropped(flag) || flag.active !== true || flag.deleted === true) return no("flag_disabled")
    if (flag.ensure_experience_continuity === true) return unresolved("server")
    const filters = flag.filters ?? {}
    if ("version" in filters && filters.version !== 1) return unresolved("server")
    const aggregation = filters.aggregation_group_type_index ?? null
    if (aggregation !== null && this.groupType(aggregation) === undefined) return unresolved("inconclusive")
    if (stack.includes(`flag ${key}`)) return unresolved("inconclusive")
    const path = [...stack, `flag ${key}`]
    const yes = (value: boolean | string, reason: string, index?: number): ReferenceResult => {
      const stored = own(filters.payloads, String(value))
      let payload = stored
      if (typeof stored === "string") {
        try {
          payload = JSON.parse(stored)
        } catch {
          payload = stored
        }
      }
      return { value, unresolved: undefined, payload, reason, index }
    }
    if (filters.feature_enrollment === true) {
      const state = own(this.context.personProperties, `$feature_enrollment/${key}`)
      return state === undefined
        ? unresolved("inconclusive")
        : truthy(state)
        ? yes(true, "super_condition_value", 0)
        : no("super_condition_value", 0)
    }
    const { holdout } = filters
    if (holdout?.id !== undefined && holdout.id !== null && typeof holdout.exclusion_percentage === "number") {
      const percentage = Math.min(100, Math.max(0, holdout.exclusion_percentage))
      // A group that was not passed has the empty key.
      const id = this.identifier(flag, aggregation) ?? (aggregation === null ? undefined : "")
      if (id === undefined && percentage > 0 && percentage < 100) return unresolved("inconclusive")
      if (percentage === 100 || (id !== undefined && hash(`holdout-${id}`) <= percentage / 100)) {
        return yes(`holdout-${holdout.id}`, "holdout_condition_value")
      }
    }
    return this.conditions(flag, filters, aggregation, path, yes, no, unresolved)
  }

  // 3
  private identifier(flag: any, aggregation: any): string | undefined {
    if (aggregation !== null) {
      const key = this.groupKey(this.groupType(aggregation)!)
      return key === undefined ? undefined : cut(String(key))
    }
    if (flag.bucketing_identifier === "device_id") {
      const device = [this.context.deviceId, own(this.context.personProperties, "$device_id")]
        .find((id) => typeof id === "string" && id !== "")
      return device === undefined ? undefined : cut(String(device))
    }
    return cut(this.context.distinctId)
  }

  private conditions(
    flag: any,
    filters: any,
    aggregation: any,
    path: ReadonlyArray<string>,
    yes: (value: boolean | string, reason: string, index?: number) => ReferenceResult,
    no: (reason: string, index?: number) => ReferenceResult,
    unresolved: (kind: "inconclusive" | "server") => ReferenceResult
  ): ReferenceResult {
    const variants: Array<any> = filters.multivariate?.variants ?? []
    const earlyExit = filters.early_exit === true
    const place = (own: any, salt: string): number | undefined => {
      const id = this.identifier(flag, own)
      return id === undefined ? undefined : id === "" ? 0 : hash(`${flag.key}.${id}${salt}`)
    }
    const aggregationOf = (condition: any): any =>
      condition.aggregation_group_type_index === undefined ? aggregation : condition.aggregation_group_type_index
    /** "out", the value, or every value that is possible. */
    const outcome = (condition: any): "out" | { value: boolean | string } | "unknown" => {
      const percentage = condition.rollout_percentage ?? 100
      const pinned = variants.some((variant) => variant.key === condition.variant)
      const own = aggregationOf(condition)
      if (percentage !== 100) {
        const at = place(own, "")
        if (at === undefined) return "unknown"
        if (at > percentage / 100) return "out"
      }
      if (pinned) return { value: condition.variant }
      if (variants.length === 0) return { value: true }
      const at = place(own, "variant")
      if (at === undefined) return "unknown"
      let sum = 0
      for (const variant of variants) {
        sum += variant.rollout_percentage / 100
        if (at < sum) return { value: variant.key }
      }
      return { value: true }
    }
    const pending: Array<any> = []
    const reasons: Array<[priority: number, reason: string, index: number]> = []
    for (const [index, condition] of (filters.groups ?? []).entries()) {
      const own = aggregationOf(condition)
      if (own !== null && (this.groupType(own) === undefined || this.groupKey(this.groupType(own)!) === undefined)) {
        reasons.push([1, "no_group_type", index])
        continue
      }
      const matched = combine(
        (condition.properties ?? []).map((filter: any) => this.filter(filter, own, path)),
        false
      )
      if (matched === "server") return unresolved("server")
      if (matched === false) {
        reasons.push([2, "no_condition_match", index])
        continue
      }
      const given = matched === "inconclusive" ? "unknown" : outcome(condition)
      if (given === "unknown") {
        pending.push(condition)
        continue
      }
      if (given === "out") {
        if (earlyExit) return pending.length > 0 ? unresolved("inconclusive") : no("out_of_rollout_bound", index)
        reasons.push([3, "out_of_rollout_bound", index])
        continue
      }
      const settled = pending.every((earlier) => {
        const other = outcome(earlier)
        if (other === "out") return !earlyExit
        if (other !== "unknown") return other.value === given.value
        const pinned = variants.some((variant) => variant.key === earlier.variant)
        const mayMiss = (earlier.rollout_percentage ?? 100) !== 100
        const only = pinned ? earlier.variant : variants.length === 0 ? true : undefined
        return only === given.value && !(mayMiss && earlyExit)
      })
      return settled ? yes(given.value, "condition_match", index) : unresolved("inconclusive")
    }
    if (pending.length > 0) return unresolved("inconclusive")
    const highest = Math.max(...reasons.map(([priority]) => priority))
    const reported = reasons.filter(([priority]) => priority === highest).at(-1)
    const isMissing = aggregation !== null && this.groupKey(this.groupType(aggregation)!) === undefined
    return reported === undefined
      ? no(isMissing ? "no_group_type" : "no_condition_match")
      : no(reported[1], reported[2])
  }

  matchProperty(filter: any, properties: any): true | false | "inconclusive" {
    const result = this.property(filter, properties)
    return typeof result === "boolean" ? result : "inconclusive"
  }
}
