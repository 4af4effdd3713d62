// Generated from packages/testkit/src/Arbitraries.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Random inputs for property tests, on `effect/FastCheck`.
 *
 * Definitions and contexts share a few property names and values, so that about half of the generated flags are on.
 *
 * @since 3.0.0
 */
import type { EvaluationContext } from "@effect-posthog/evaluator"
import type { EventDraft } from "effect-posthog"
import { FlagSnapshot } from "effect-posthog"
import * as FastCheck from "fast-check"
import * as ArbitraryDefinitions from "./internal/arbitraries/arbitraryDefinitions.ts"
import * as ArbitraryProperty from "./internal/arbitraries/arbitraryProperty.ts"

/**
 * A definitions document as PostHog serves it.
 *
 * @since 3.0.0
 * @category models
 */
export interface DefinitionsDocument {
  readonly flags: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly group_type_mapping: Readonly<Record<string, string>>
  readonly cohorts: Readonly<Record<string, unknown>>
  readonly minimal_flag_called_events: boolean
  readonly property_matching_version: number
}

/**
 * How many flags a document has.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface DefinitionsOptions {
  /** Default: 0. */
  readonly minFlags?: number | undefined
  /** Default: 8. */
  readonly maxFlags?: number | undefined
}

/**
 * Valid definitions documents: flags named `flag-0`, `flag-1` ... with conditions of every operator family, percentages,
 * variants, payloads, group flags, conditions with an aggregation of their own, device bucketing, holdouts, early access,
 * nested, cyclic and static cohorts, and dependencies.
 *
 * @since 3.0.0
 * @category constructors
 * @example
 * ```ts
 * import { compile } from "@effect-posthog/evaluator"
 * import { Arbitraries } from "@effect-posthog/testkit"
 * import * as FastCheck from "fast-check"
 *
 * FastCheck.assert(
 *   FastCheck.property(
 *     Arbitraries.definitions(),
 *     (document) => compile(document).definitions.size === document.flags.length
 *   ),
 *   { numRuns: 10 }
 * )
 * ```
 */
export const definitions = (options: DefinitionsOptions = {}): FastCheck.Arbitrary<DefinitionsDocument> =>
  ArbitraryDefinitions.definitions(options.minFlags ?? 0, options.maxFlags ?? 8)

const distinctId = FastCheck.oneof(
  FastCheck.stringMatching(/^user-[0-9]{1,4}$/),
  FastCheck.uuid(),
  FastCheck.constantFrom("ada@example.com", "Ωmega", "a".repeat(250))
)

const groupKey = FastCheck.oneof(FastCheck.stringMatching(/^ws-[0-9]{1,3}$/), FastCheck.integer({ min: 1, max: 99 }))

/**
 * Evaluation contexts of people and groups: some properties are known, some are not, some have an unexpected type.
 *
 * @since 3.0.0
 * @category constructors
 */
export const context: FastCheck.Arbitrary<EvaluationContext> = FastCheck.record({
  distinctId,
  deviceId: FastCheck.option(FastCheck.stringMatching(/^device-[0-9]{1,3}$/), { nil: undefined }),
  groups: FastCheck.dictionary(FastCheck.constantFrom(...ArbitraryDefinitions.groupTypes), groupKey, { noNullPrototype: true, maxKeys: 2 }),
  personProperties: ArbitraryProperty.properties,
  groupProperties: FastCheck.dictionary(FastCheck.constantFrom(...ArbitraryDefinitions.groupTypes), ArbitraryProperty.properties, { noNullPrototype: true, maxKeys: 2 })
}, { noNullPrototype: true })

const flagKey = FastCheck.oneof(FastCheck.stringMatching(/^flag-[0-9]$/), FastCheck.constantFrom("__proto__", "Ωmega"))

/**
 * Snapshots of a few flags, with values, payloads and a distinct id that may be empty. Reading one reports nothing.
 *
 * @since 3.0.0
 * @category constructors
 */
export const snapshot: FastCheck.Arbitrary<FlagSnapshot> = FastCheck.record({
  values: FastCheck.dictionary(flagKey, FastCheck.oneof(FastCheck.boolean(), FastCheck.constantFrom("control", "annual")), { noNullPrototype: true, maxKeys: 6 }),
  payloads: FastCheck.dictionary(flagKey, FastCheck.jsonValue(), { noNullPrototype: true, maxKeys: 3 }),
  distinctId: FastCheck.oneof(distinctId, FastCheck.constant(""))
}, { noNullPrototype: true }).map(({ distinctId, payloads, values }) => FlagSnapshot.fromValues(values, { distinctId, payloads }))

/**
 * Events as the queue receives them: with and without an id, groups, timestamps with any offset, valid and invalid UUIDs,
 * JSON properties.
 *
 * @since 3.0.0
 * @category constructors
 */
export const event: FastCheck.Arbitrary<EventDraft> = FastCheck.record({
    event: FastCheck.constantFrom("paid", "signed up", "$pageview", "Ωmega"),
    distinctId,
    properties: FastCheck.dictionary(FastCheck.string({ minLength: 1, maxLength: 8 }), FastCheck.jsonValue(), { noNullPrototype: true, maxKeys: 5
    }),
    groups: FastCheck.dictionary(FastCheck.constantFrom(...ArbitraryDefinitions.groupTypes), groupKey, { noNullPrototype: true, maxKeys: 2 }),
    timestamp: FastCheck.oneof(
      FastCheck.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
      FastCheck.constantFrom("2025-01-02T08:34:05.123456+05:30", "2025-10-30T10:45:00Z")
    ),
    uuid: FastCheck.oneof(FastCheck.uuid(), FastCheck.constant("no uuid")),
    disableGeoip: FastCheck.boolean()
  }, { noNullPrototype: true, requiredKeys: ["event"] })
