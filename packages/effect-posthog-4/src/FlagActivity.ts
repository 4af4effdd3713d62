// Generated from packages/effect-posthog/src/FlagActivity.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Flags in durable workflows: evaluated once, stored with the workflow, the same in every replay.
 *
 * An entry point of its own, `effect-posthog/FlagActivity`, which the root does not re-export: it needs
 * `@effect/workflow`, an optional peer.
 *
 * @since 3.0.0
 */
import * as Activity from "effect/workflow/Activity"
import type { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { FlagErrorCode } from "./Decision.ts"
import { evaluateFlags } from "./EvaluateFlags.ts"
import type { EvaluationOptions } from "./EvaluateFlags.ts"
import { keys as keysOfFlags } from "./Flag.ts"
import type { Registry } from "./Flag.ts"
import { orPartial } from "./Flags.ts"
import { FlagSnapshot } from "./FlagSnapshot.ts"
import type { TypedSnapshot } from "./FlagSnapshot.ts"
import { viewBy } from "./internal/evaluation/snapshot.ts"
import type { Services } from "./PostHog.ts"

/**
 * The flags of an activity as they are stored.
 *
 * @since 3.0.0
 * @category schemas
 */
export const StoredFlags = Schema.Struct({
  distinctId: Schema.String,
  values: Schema.Record(Schema.String, Schema.Union([Schema.Boolean, Schema.String])),
  payloads: Schema.Record(Schema.String, Schema.Unknown),
  errors: Schema.Array(Schema.String)
})

/**
 * The flags of an activity as they are stored.
 *
 * @since 3.0.0
 * @category models
 */
export type StoredFlags = typeof StoredFlags.Type

const store = (snapshot: FlagSnapshot, keys: ReadonlyArray<string>): StoredFlags => {
  const present = keys.flatMap((key) =>
    Option.match(snapshot.detail(key), {
      onNone: () => [],
      onSome: ({ value }) => value === undefined ? [] : [[key, value] as const]
    })
  )
  return {
    distinctId: snapshot.distinctId,
    values: Object.fromEntries(present),
    payloads: Object.fromEntries(
      present.flatMap(([key]) =>
        Option.match(snapshot.getFlagPayload(key), {
          onNone: () => [],
          onSome: (payload) => [[key, payload] as const]
        })
      )
    ),
    errors: snapshot.errors
  }
}

/**
 * What an activity evaluates, and for whom.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options<R extends Registry> {
  /** The name of the activity, unique in its workflow. */
  readonly name: string
  readonly flags: R
  readonly request: EvaluationOptions
}

/**
 * Evaluates flags in an activity of a workflow.
 *
 * **When to use**
 *
 * Wherever a workflow branches on flags. A workflow's body runs again after every pause: an evaluation outside an
 * activity may then give other values, and take another branch.
 *
 * **Details**
 *
 * The exposures of all flags in the registry are reported once, when the activity runs. Replays yield the stored values
 * and report nothing. A failed request to PostHog does not fail the activity: what was decided locally is stored, and
 * `errors` says why the rest is missing.
 *
 * @example
 * ```ts
 * import { Flag } from "effect-posthog"
 * import * as FlagActivity from "effect-posthog/FlagActivity"
 *
 * const flags = Flag.registry({ newInvoice: Flag.boolean("new-invoice").pipe(Flag.withDefault(false)) })
 *
 * export const invoiceFlags = (customer: string) =>
 *   FlagActivity.make({ name: "InvoiceFlags", flags, request: { distinctId: customer } })
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const make = <const R extends Registry>(
  { flags, name, request }: Options<R>
): Effect.Effect<TypedSnapshot<R>, never, Services | WorkflowEngine | WorkflowInstance> => {
  const keys = keysOfFlags(flags)
  const evaluated = Effect.gen(function*() {
    const snapshot = yield* orPartial(evaluateFlags({ ...request, flagKeys: keys }))
    yield* Effect.forEach(keys, (key) => snapshot.getFlag(key), { discard: true })
    return store(snapshot, keys)
  })
  return Effect.map(
    Activity.make({ name, success: StoredFlags, execute: evaluated }),
    ({ distinctId, errors, payloads, values }) =>
      viewBy(
        FlagSnapshot.fromValues(values, { distinctId, payloads, errors: errors as ReadonlyArray<FlagErrorCode> }),
        flags
      )
  )
}
