/**
 * The compiled form of definitions: what evaluation, explanation and requirements read.
 *
 * @since 1.0.0
 */
import type { FlagMetadata } from "../FlagMetadata.ts"
import type { Inconclusive, RequiresServer, Resolved } from "../Result.ts"
import type { Bucketing, EvaluationState } from "./evaluationState.ts"
import type { PackedPrefix } from "./hash/bucketing.ts"
import type { Unresolved, Verdict } from "./verdict.ts"

/**
 * A flag or a cohort in the web of references between them.
 *
 * @internal
 */
export class Reference {
  readonly place: number
  readonly edges: Array<Reference> = []
  /** How many filters refer to it. */
  uses = 0
  /** The cycle it is part of; `undefined` when references do not lead back to it. */
  cycle: number | undefined = undefined
  /** Whether references go on from here for longer than evaluation follows them. */
  tooDeep = false

  constructor(place: number) {
    this.place = place
  }
}

/**
 * Where a property filter looks.
 *
 * @internal
 */
export type PropertySource =
  | { readonly _tag: "Person" }
  | { readonly _tag: "Group"; readonly groupType: string }
  | { readonly _tag: "UnknownGroup" }

/** @internal */
export type FilterShape =
  | {
    readonly _tag: "Property"
    readonly source: PropertySource
    readonly key: string
    readonly operator: string
    readonly value: unknown
  }
  | {
    readonly _tag: "Cohort"
    readonly id: string
    readonly operator: string
    readonly cohort: CompiledCohort | undefined
  }
  | {
    readonly _tag: "Flag"
    readonly key: string
    readonly operator: string
    readonly expected: unknown
    readonly flags: ReadonlyArray<CompiledFlag>
  }
  | { readonly _tag: "Unsupported"; readonly type: string; readonly key: string }

/** @internal */
export interface CompiledFilter {
  readonly _tag: "Filter"
  readonly test: (state: EvaluationState) => Verdict
  /** Filters of a condition are tested from the cheap to the expensive. */
  readonly cost: number
  readonly negated: boolean
  readonly shape: FilterShape
  /** The verdict, on all callers or on some, when the filter value alone leads to it. */
  readonly never: Unresolved | undefined
  /** Whether the verdict may depend on the time zone of the project, which is not known. */
  readonly needsTimeZone: boolean
}

/** @internal */
export interface CompiledGroup {
  readonly _tag: "Group"
  readonly test: (state: EvaluationState) => Verdict
  readonly combine: "AND" | "OR"
  readonly children: ReadonlyArray<CompiledGroup | CompiledFilter>
}

/** @internal */
export class CompiledCohort {
  readonly id: string
  readonly reference: Reference
  readonly undecided: RequiresServer
  /** Set when the cohort has been read; a malformed one has a verdict instead. */
  body: CompiledGroup | RequiresServer

  constructor(id: string, reference: Reference, undecided: RequiresServer) {
    this.id = id
    this.reference = reference
    this.undecided = undecided
    this.body = undecided
  }
}

/** @internal */
export interface Variant {
  readonly key: string
  readonly payload: unknown
  /** Where its share ends. */
  readonly end: number
}

/** @internal */
export interface Condition {
  readonly index: number
  /** In the order in which they are tested. */
  readonly filters: ReadonlyArray<CompiledFilter>
  /** The same in the order of the document. */
  readonly storedFilters: ReadonlyArray<CompiledFilter>
  readonly percentage: number
  readonly threshold: number
  readonly bucketing: Bucketing
  /** Whether it targets a group that only this condition asks for. */
  readonly group: "none" | "optional" | "unmapped"
  /** The declared variant that it pins, as the result it gives. */
  readonly pinned: Resolved | undefined
  readonly plain: Resolved
  /** What the variants of the flag give when a hash chooses, each made when it is first chosen. */
  readonly chosen: Array<Resolved | undefined>
  readonly missed: Resolved
  readonly unmatched: Resolved
  readonly skipped: Resolved
}

/** @internal */
export interface Enrolment {
  readonly property: string
  readonly enrolled: Resolved
  readonly declined: Resolved
  /** Whether the person is enrolled. */
  readonly isEnrolled: (state: EvaluationState) => boolean | Inconclusive
}

/** @internal */
export interface Holdout {
  readonly percentage: number
  readonly threshold: number
  readonly member: Resolved
}

/**
 * A flag that needs evaluation; the others have a constant result.
 *
 * @internal
 */
export interface FlagPlan {
  readonly _tag: "Plan"
  readonly prefix: PackedPrefix
  readonly bucketing: Bucketing
  readonly enrolment: Enrolment | undefined
  readonly holdout: Holdout | undefined
  readonly earlyExit: boolean
  readonly variants: ReadonlyArray<Variant>
  readonly conditions: ReadonlyArray<Condition>
  /** The condition that alone decides, as it does for most flags: they have nothing else. */
  readonly only: Condition | undefined
  readonly withoutCondition: Resolved
  /** For a flag about groups, when the caller passes none of its type and it has no conditions. */
  readonly withoutGroup: Resolved
  readonly unknownIdentifier: Inconclusive
}

/** @internal */
export class CompiledFlag {
  readonly metadata: FlagMetadata
  readonly reference: Reference
  /** Evaluation contexts dropped it. */
  readonly dropped: boolean
  body: FlagPlan | Resolved | Unresolved
  /** The result, when it is the same for every caller. */
  settled: Resolved | Unresolved | undefined
  /** Its place among the flags that are evaluated; -1 for a flag that is not. */
  position = -1

  constructor(metadata: FlagMetadata, reference: Reference, dropped: boolean, body: Resolved | Unresolved) {
    this.metadata = metadata
    this.reference = reference
    this.dropped = dropped
    this.body = body
    this.settled = body
  }
}

/** @internal */
export interface DefinitionsPlan {
  /** By key, dropped ones included. */
  readonly flags: ReadonlyMap<string, CompiledFlag>
  /** The flags that were not dropped, in the order of the document. */
  readonly evaluated: ReadonlyArray<CompiledFlag>
  /** Their keys. */
  readonly keys: ReadonlyArray<string>
  /** Whose identifiers are hashed ahead, once that is known. */
  hashedAhead: ReadonlyArray<Bucketing> | undefined
}
