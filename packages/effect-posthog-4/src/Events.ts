// Generated from packages/effect-posthog/src/Events.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Capturing events.
 *
 * **When to use**
 *
 * Wherever something happens that PostHog is to know. Capturing never fails and never throws: analytics must not change
 * what the program does.
 *
 * **Details**
 *
 * Every function hands its event to the `EventQueue` and answers with the event's id, or with `None` when nothing was
 * queued: the client is disabled or closed, a hook rejected the event, there was no room, or the message cannot be sent.
 * A message that cannot be sent, such as an event without a name, is logged and counted. The functions of
 * {@link strict} fail with {@link InvalidEventError} in its place. How an accepted event ended is published on
 * `EventQueue.deliveries`.
 *
 * @since 3.0.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type { Decider } from "./Decider.ts"
import type { DedupCache } from "./DedupCache.ts"
import type { OfferResult } from "./Delivery.ts"
import { evaluateFlags } from "./EvaluateFlags.ts"
import type { EvaluationRequest } from "./EvaluateFlags.ts"
import type { EventId, Timestamp } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import {
  InvalidMessage,
  readAlias,
  readCapture,
  readGroupIdentify,
  readIdentify,
  readPersonProperties
} from "./internal/eventDrafts.ts"
import type { Reading, ReadMessage } from "./internal/eventDrafts.ts"
import { clockOf } from "./internal/eventLoop.ts"
import { annotated } from "./internal/library.ts"
import { offerThen } from "./internal/queue/immediateOffer.ts"
import { oneLine, quote } from "./internal/quote.ts"
import { Warnings } from "./internal/warnings.ts"
import type { LocalEvaluator } from "./LocalEvaluator.ts"
import * as Metrics from "./PostHogMetrics.ts"
import type { Properties } from "./Properties.ts"

/**
 * A message that cannot be sent; nothing was queued. `field` is the field of the message at fault, `problem` what is wrong
 * with it. The functions of {@link strict} fail with it.
 *
 * @since 3.0.0
 * @category errors
 */
export class InvalidEventError extends Data.TaggedError("InvalidEventError")<{
  readonly event?: string | undefined
  readonly field: string
  readonly problem: string
}> {
  override get message(): string {
    return `${this.event === undefined ? "" : `${quote(this.event)}: `}${this.field} ${this.problem}`
  }
}

const fromHere = annotated("Events")

/**
 * What every kind of event may say about itself.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventOptions {
  /** When it happened. Default: now, which also replaces a timestamp that cannot be read. */
  readonly timestamp?: Timestamp | undefined
  /** Events with the same uuid, name, time and distinct id are one event to PostHog. Default: a new one. */
  readonly uuid?: string | undefined
  /** Keep PostHog from deriving a location from the address that sends the event. Default: the client's option. */
  readonly disableGeoip?: boolean | undefined
}

/**
 * Changes of a person's stored properties.
 *
 * @since 3.0.0
 * @category models
 */
export interface PersonChanges {
  /** Values to store. */
  readonly set?: Properties | undefined
  /** Values to store where there is none yet. */
  readonly setOnce?: Properties | undefined
}

/**
 * An event to capture.
 *
 * @since 3.0.0
 * @category models
 */
export interface CaptureMessage extends EventOptions, PersonChanges {
  readonly event: string
  /** Default: that of the request context, else that of `flags`, else a random id without a person profile. */
  readonly distinctId?: string | undefined
  readonly properties?: Properties | undefined
  /** Group type to group key. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** The snapshot the code branched on; its values are attached, below `properties`. */
  readonly flags?: FlagSnapshot | undefined
  /** Names of person properties to remove. */
  readonly unset?: ReadonlyArray<string> | undefined
}

/**
 * An event to capture with flags that are evaluated for it.
 *
 * @since 3.0.0
 * @category models
 */
export interface CaptureWithFlagsMessage extends CaptureMessage {
  /** Attach these flags alone. Default: all. */
  readonly flagKeys?: EvaluationRequest["flagKeys"]
  /** Never ask the server: flags that cannot be decided locally are not attached. Default: the configured one. */
  readonly onlyEvaluateLocally?: boolean | undefined
  /** What is known about the person, beside what PostHog has stored. */
  readonly personProperties?: Properties | undefined
  /** Group type to what is known about the group. */
  readonly groupProperties?: Readonly<Record<string, Properties>> | undefined
}

/**
 * Who a person is, and what is known about them.
 *
 * @since 3.0.0
 * @category models
 */
export interface IdentifyMessage extends EventOptions, PersonChanges {
  readonly distinctId: string
}

/**
 * Links a new id to one that PostHog knows.
 *
 * @since 3.0.0
 * @category models
 */
export interface AliasMessage extends EventOptions {
  /** The id that exists. */
  readonly distinctId: string
  /** The new id. */
  readonly alias: string
}

/**
 * Describes a group.
 *
 * @since 3.0.0
 * @category models
 */
export interface GroupIdentifyMessage extends EventOptions {
  readonly groupType: string
  readonly groupKey: string | number
  readonly properties?: Properties | undefined
  /** Default: `$<groupType>_<groupKey>`. */
  readonly distinctId?: string | undefined
}

/**
 * Changes the stored properties of a person.
 *
 * @since 3.0.0
 * @category models
 */
export interface PersonPropertiesMessage extends EventOptions, PersonChanges {
  readonly distinctId: string
  /** Names of properties to remove. */
  readonly unset?: ReadonlyArray<string> | undefined
}

type Captured<E = never> = Effect.Effect<Option.Option<EventId>, E, EventQueue>

type CapturedWithFlags<E = never> = Effect.Effect<
  Option.Option<EventId>,
  E,
  Decider | LocalEvaluator | EventQueue | DedupCache
>

type Running = Fiber.Fiber<unknown, unknown>

/**
 * The functions of this module that capture. `E` is what they fail with.
 *
 * @since 3.0.0
 * @category models
 */
export interface Functions<E> {
  readonly capture: (message: CaptureMessage) => Captured<E>
  readonly captureAi: (message: CaptureMessage) => Captured<E>
  readonly captureWithFlags: (message: CaptureWithFlagsMessage) => CapturedWithFlags<E>
  readonly identify: (message: IdentifyMessage) => Captured<E>
  readonly alias: (message: AliasMessage) => Captured<E>
  readonly groupIdentify: (message: GroupIdentifyMessage) => Captured<E>
  readonly setPersonProperties: (message: PersonPropertiesMessage) => Captured<E>
}

const answer = (offered: OfferResult): Effect.Effect<Option.Option<EventId>> =>
  offered._tag === "Accepted" ? Effect.succeed(Option.some(offered.id)) : Effect.succeedNone

const queueOf = (fiber: Running) => Context.getUnsafe(fiber.context, EventQueue)

// One for each client, which is known by its queue.
const warningsOf = (() => {
  const all = new WeakMap<object, Warnings>()
  return (fiber: Running): Warnings => {
    const queue = queueOf(fiber)
    const known = all.get(queue) ?? new Warnings("Events", 10_000)
    all.set(queue, known)
    return known
  }
})()

const warn = (fiber: Running, kind: string, message: string): Effect.Effect<void> =>
  warningsOf(fiber).warn(kind, message, clockOf(fiber).currentTimeMillisUnsafe())

const subjectOf = (event: string | undefined): string => event === undefined ? "An event" : `The event ${quote(event)}`

const rawException =
  "An event \"$exception\" is sent as it was captured; effect-posthog/Exceptions makes them in the form that PostHog needs"

// One line for each client. What it is about goes on in any case.
const warnOfException = (fiber: Running): Effect.Effect<void> =>
  warningsOf(fiber).once("$exception", rawException, clockOf(fiber).currentTimeMillisUnsafe())

/** Flags on an event beyond which a warning names what to do about them. */
const manyFlags = 200

// Once for each client: 2,000 flags are 97 KB on every event.
const warnOfFlags = (fiber: Running, event: string, flags: number): Effect.Effect<void> =>
  warningsOf(fiber).once(
    "flags",
    `The event ${
      quote(event)
    } carries ${flags} flags: attach those that matter, by snapshot.onlyAccessed or snapshot.only`,
    clockOf(fiber).currentTimeMillisUnsafe()
  )

type OnInvalid<E> = (fiber: Running, invalid: InvalidMessage) => Effect.Effect<Option.Option<EventId>, E>

const reportInvalid: OnInvalid<never> = (fiber, { event, field, problem }) =>
  Effect.andThen(
    warn(fiber, field, `${subjectOf(event)} was not captured: ${oneLine(field)} ${problem}`),
    Effect.succeedNone
  )

const failInvalid: OnInvalid<InvalidEventError> = (_, { event, field, problem }) =>
  Effect.fail(new InvalidEventError({ field, problem, ...(event === undefined ? {} : { event }) }))

const warnOf = (fiber: Running, { draft, flagCount, unusable }: ReadMessage): Effect.Effect<void> =>
  Effect.all([
    unusable.length === 0 ? Effect.void : warn(
      fiber,
      `unusable ${unusable.join()}`,
      `${subjectOf(draft.event)} is captured without what cannot be used: ${unusable.slice(0, 5).map(quote).join(", ")}`
    ),
    flagCount > manyFlags ? warnOfFlags(fiber, draft.event, flagCount) : Effect.void,
    draft.event === "$exception" ? warnOfException(fiber) : Effect.void
  ], { discard: true })

const count = ({ field }: InvalidMessage): void =>
  Metric.withAttributes(Metrics.eventsInvalid, { ["field"]: field }).updateUnsafe(1, Context.empty())

// Evaluated for the event alone: nothing branched on these values, so nothing is reported but the event.
const evaluateFor = (
  message: CaptureWithFlagsMessage,
  distinctId: string
): Effect.Effect<FlagSnapshot | undefined, never, Decider | LocalEvaluator | EventQueue | DedupCache> => {
  const { disableGeoip, flagKeys, groupProperties, groups, onlyEvaluateLocally, personProperties } = message
  return Effect.suspend(() =>
    evaluateFlags({
      distinctId,
      groups,
      personProperties,
      groupProperties,
      flagKeys,
      onlyEvaluateLocally,
      disableGeoip
    })
  ).pipe(
    Effect.catchTag("RemoteFlagsError", (error) =>
      Effect.as(
        fromHere(
          Effect.logWarning(`The event ${quote(message.event)} is captured with the flags that were decided`, error)
        ),
        error.snapshot
      )),
    Effect.catchDefect((defect) =>
      Effect.as(
        fromHere(
          Effect.logError(`The event ${quote(message.event)} is captured without flags`, Cause.die(defect))
        ),
        undefined
      )
    )
  )
}

const makeFunctions = <E>(onInvalid: OnInvalid<E>): Functions<E> => {
  const offer = (fiber: Running, read: Reading): Effect.Effect<Option.Option<EventId>, E> => {
    if (read === undefined) return Effect.succeedNone
    if (read instanceof InvalidMessage) {
      count(read)
      return onInvalid(fiber, read)
    }
    const { draft, flagCount, unusable } = read
    const offered = offerThen(fiber, queueOf(fiber), draft, answer)
    if (unusable.length === 0 && flagCount <= manyFlags && draft.event !== "$exception") return offered
    return Effect.andThen(warnOf(fiber, read), offered)
  }

  const reading = <M>(read: (fiber: Running, message: M) => Reading) => (message: M): Captured<E> =>
    Effect.withFiber((fiber) => offer(fiber, read(fiber, message)))

  const capture = reading<CaptureMessage>((fiber, message) => readCapture(fiber, "analytics", message))

  return {
    capture,
    captureAi: reading((fiber, message) => readCapture(fiber, "ai", message)),
    captureWithFlags: (message) =>
      Effect.withFiber((fiber) => {
        const read = readCapture(fiber, "analytics", message)
        if (read === undefined || read instanceof InvalidMessage) return offer(fiber, read)
        if (message.flags !== undefined && message.flags !== null) {
          return Effect.andThen(
            fromHere(Effect.logWarning(
              `Events.captureWithFlags: the event ${
                quote(message.event)
              } has a snapshot, which is used; nothing is evaluated`
            )),
            capture(message)
          )
        }
        const { distinctId } = read.draft
        if (distinctId === undefined) return offer(fiber, read)
        // The event happened before its flags were evaluated.
        return Effect.flatMap(DateTime.now, (now) =>
          Effect.flatMap(
            evaluateFor(message, distinctId),
            (flags) => capture({ ...message, distinctId, flags, timestamp: message.timestamp ?? now })
          ))
      }),
    identify: reading(readIdentify),
    alias: reading(readAlias),
    groupIdentify: reading(readGroupIdentify),
    setPersonProperties: reading(readPersonProperties)
  }
}

const functions: Functions<never> = /* @__PURE__ */ makeFunctions(reportInvalid)

/**
 * Captures an event.
 *
 * **Details**
 *
 * Waits only when the queue is full under `"backpressure"`, or for an effectful `beforeSend` hook; delivery goes on in the
 * background. The groups of the request context are sent as `$groups` unless the message has groups.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { EventQueue, Events } from "effect-posthog"
 *
 * const program = Events.capture({ event: "invoice paid", distinctId: "user-17", properties: { amount: 129.5 } })
 *
 * const id = Effect.runSync(Effect.provide(program, EventQueue.layerNoop))
 * assert.ok(Option.isNone(id))
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const capture: (message: CaptureMessage) => Captured = functions.capture

/**
 * Captures an event of an AI application through PostHog's AI endpoint.
 *
 * **When to use**
 *
 * For `$ai_generation` and its siblings, whose events may be larger than the ordinary endpoint takes. They have a queue of
 * their own. An event given to `capture` goes to the ordinary endpoint, whatever its name.
 *
 * **Details**
 *
 * The event needs an id: the message's, the request context's or the snapshot's.
 *
 * @since 3.0.0
 * @category constructors
 */
export const captureAi: (message: CaptureMessage) => Captured = functions.captureAi

/**
 * Evaluates flags and captures an event that carries them.
 *
 * **When to use**
 *
 * Where the code does not branch on the flags. Otherwise prefer `evaluateFlags` once per request and `capture` with its
 * snapshot: the event then carries the values that the code branched on, and costs no request of its own.
 *
 * **Details**
 *
 * Reports no exposures. A failed evaluation never loses the event: it carries what was decided. An event without an id
 * carries no flags. When a snapshot is given as `flags` it is used, nothing is evaluated, and a warning is logged.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Events, PostHog } from "effect-posthog"
 *
 * const program = Events.captureWithFlags({ event: "invoice paid", distinctId: "user-17", flagKeys: ["pricing"] })
 *
 * assert.ok(Option.isNone(await Effect.runPromise(Effect.provide(program, PostHog.layerDisabled))))
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const captureWithFlags: (message: CaptureWithFlagsMessage) => CapturedWithFlags = functions.captureWithFlags

/**
 * Tells PostHog who a person is, and stores properties of the person.
 *
 * @since 3.0.0
 * @category constructors
 */
export const identify: (message: IdentifyMessage) => Captured = functions.identify

/**
 * Links a new id, `alias`, to the existing `distinctId`.
 *
 * @since 3.0.0
 * @category constructors
 */
export const alias: (message: AliasMessage) => Captured = functions.alias

/**
 * Stores the properties of a group.
 *
 * @since 3.0.0
 * @category constructors
 */
export const groupIdentify: (message: GroupIdentifyMessage) => Captured = functions.groupIdentify

/**
 * Stores and removes properties of a person. Without a change nothing is captured.
 *
 * @since 3.0.0
 * @category constructors
 */
export const setPersonProperties: (message: PersonPropertiesMessage) => Captured = functions.setPersonProperties

/**
 * The same functions, which fail with {@link InvalidEventError} when a message cannot be sent.
 *
 * **When to use**
 *
 * Where a message is made from input that the program wants to refuse, and in tests.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { EventQueue, Events } from "effect-posthog"
 *
 * const program = Effect.flip(Events.strict.identify({ distinctId: "" }))
 *
 * const error = Effect.runSync(Effect.provide(program, EventQueue.layerNoop))
 * assert.strictEqual(error.field, "distinctId")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const strict: Functions<InvalidEventError> = /* @__PURE__ */ makeFunctions(failInvalid)

/**
 * Ends when every event accepted before it has ended: delivered, or dropped for a reason.
 *
 * **When to use**
 *
 * At the end of a serverless handler, and in tests.
 *
 * **Details**
 *
 * Never fails; what became of each event is published on `EventQueue.deliveries`. On Cloudflare Workers it sends what is
 * queued, and does not wait for what another request is sending.
 *
 * @since 3.0.0
 * @category combinators
 */
export const flush: Effect.Effect<void, never, EventQueue> = Effect.flatMap(EventQueue, (queue) => queue.flush)
