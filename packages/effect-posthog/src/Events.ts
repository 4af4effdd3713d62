/**
 * Capturing events.
 *
 * Every function here hands its event to the `EventQueue` and answers with the event's id, or `None` when the queue did
 * not take it: the client is disabled or closed, a hook rejected the event, or there was no room. How an accepted event
 * ended is told on `EventQueue.deliveries`.
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
import type { EventDraft, EventId, Timestamp } from "./EventDraft.ts"
import { EventQueue } from "./EventQueue.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import { attachedFlags } from "./internal/evaluation/requestFlags.ts"
import { annotated } from "./internal/library.ts"
import { mergeProperties } from "./internal/properties.ts"
import { offerThen } from "./internal/queue/immediateOffer.ts"
import { quote } from "./internal/quote.ts"
import { contextProperties, requestContextRef } from "./internal/requestContext.ts"
import type { LocalEvaluator } from "./LocalEvaluator.ts"
import * as Metrics from "./PostHogMetrics.ts"

/**
 * A message that is no event: nothing was queued. `field` is the field of the message at fault, `problem` what is wrong
 * with it.
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
    return `${this.event === undefined ? "" : `${this.event}: `}${this.field} ${this.problem}`
  }
}

/** @internal */
export const eventPropertiesOf = (snapshot: FlagSnapshot): Readonly<Record<string, unknown>> => snapshot.eventProperties

type Properties = Readonly<Record<string, unknown>>

const fromHere = annotated("Events")

/**
 * What every kind of event may say about itself.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventOptions {
  /** When it happened. Default: now, which also replaces a timestamp that is none. */
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
  readonly flagKeys?: ReadonlyArray<string> | undefined
  /** Never ask the server: flags that cannot be decided locally are not attached. Default: the configured one. */
  readonly onlyEvaluateLocally?: boolean | undefined
  /** What is known about the person, beside what PostHog has stored. */
  readonly personProperties?: Properties | undefined
  /** Group type to what is known about the group. */
  readonly groupProperties?: Readonly<Record<string, Properties>> | undefined
}

/**
 * Says who somebody is.
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

type Captured = Effect.Effect<Option.Option<EventId>, InvalidEventError, EventQueue>

const notAccepted = Effect.succeedNone

const answer = (offered: OfferResult): Effect.Effect<Option.Option<EventId>> =>
  offered._tag === "Accepted" ? Effect.succeed(Option.some(offered.id)) : notAccepted

const invalid = (field: string, problem: string, event?: string): Effect.Effect<never, InvalidEventError> =>
  Effect.suspend(() => {
    Metric.tagged(Metrics.eventsInvalid, "field", field).unsafeUpdate(1, [])
    return Effect.fail(new InvalidEventError({ field, problem, ...(event === undefined ? {} : { event }) }))
  })

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

const isKey = (value: unknown): boolean => isText(value) || (typeof value === "number" && Number.isFinite(value))

const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const offer = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  draft: EventDraft
): Effect.Effect<Option.Option<EventId>> =>
  offerThen(fiber, Context.unsafeGet(fiber.currentContext, EventQueue), draft, answer)

const mergedInto = (properties: Properties | undefined, name: string, given: Properties): Properties => {
  try {
    const stored = properties?.[name]
    return isRecord(stored) ? mergeProperties(stored, given) : given
  } catch {
    return given
  }
}

const withPersonChanges = (
  properties: Properties | undefined,
  { set, setOnce, unset }: PersonChanges & { readonly unset?: ReadonlyArray<string> | undefined }
): Properties | undefined => {
  if (set === undefined && setOnce === undefined && unset === undefined) return properties
  return mergeProperties(properties, {
    ...(set === undefined ? {} : { $set: mergedInto(properties, "$set", set) }),
    ...(setOnce === undefined ? {} : { $set_once: mergedInto(properties, "$set_once", setOnce) }),
    ...(unset === undefined ? {} : { $unset: unset })
  })
}

// Queues that were offered a raw exception.
const warnedOfRawExceptions = new WeakSet<object>()

const warnOfRawException = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Effect.Effect<void> | undefined => {
  const queue = Context.unsafeGet(fiber.currentContext, EventQueue)
  if (warnedOfRawExceptions.has(queue)) return undefined
  warnedOfRawExceptions.add(queue)
  return fromHere(Effect.logWarning(
    "An event \"$exception\" is sent as it was captured; effect-posthog/Exceptions makes them in the form that PostHog needs"
  ))
}

const captureTo = (route: EventDraft["route"], message: CaptureMessage): Captured =>
  Effect.withFiberRuntime((fiber) => {
    if (!isText(message.event)) return invalid("event", "is empty")
    if (message.event === "$exception") {
      const warning = warnOfRawException(fiber)
      if (warning !== undefined) return Effect.zipRight(warning, captureTo(route, message))
    }
    const { flags } = message
    const context = fiber.getFiberRef(requestContextRef)
    const distinctId = message.distinctId || context.distinctId || flags?.distinctId || undefined
    if (route === "ai" && distinctId === undefined) return invalid("distinctId", "is empty", message.event)
    return offer(fiber, {
      event: message.event,
      distinctId,
      properties: withPersonChanges(message.properties, message),
      contextProperties: contextProperties(context),
      flagProperties: flags === undefined ? attachedFlags(fiber, distinctId) : eventPropertiesOf(flags),
      groups: message.groups,
      timestamp: message.timestamp,
      uuid: message.uuid,
      disableGeoip: message.disableGeoip,
      route
    })
  })

/**
 * Captures an event. Waits only when the queue is full under `"backpressure"`, or for an effectful `beforeSend` hook;
 * delivery goes on in the background. Fails with `InvalidEventError` when the event has no name.
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
export const capture = (message: CaptureMessage): Captured => captureTo("analytics", message)

/**
 * Captures an event of an AI application through PostHog's AI endpoint, which takes larger events than the ordinary one,
 * by a queue of its own. What `capture` is given goes the ordinary way, whatever its name. Fails with
 * `InvalidEventError` when the event has no name, or when neither the message, the request context nor the snapshot
 * says whose it is.
 *
 * @since 3.0.0
 * @category constructors
 */
export const captureAi = (message: CaptureMessage): Captured => captureTo("ai", message)

// Evaluated for the event alone: nobody branched on these values, so nothing is reported but the event.
const evaluateFor = (
  message: CaptureWithFlagsMessage,
  distinctId: string
): Effect.Effect<FlagSnapshot | undefined, never, Decider | LocalEvaluator | EventQueue | DedupCache> => {
  const { disableGeoip, flagKeys, groupProperties, groups, onlyEvaluateLocally, personProperties } = message
  return evaluateFlags({
    distinctId,
    groups,
    personProperties,
    groupProperties,
    flagKeys,
    onlyEvaluateLocally,
    disableGeoip
  }).pipe(
    Effect.catchTag("RemoteFlagsError", (error) =>
      Effect.as(
        fromHere(
          Effect.logWarning(`The event ${quote(message.event)} is captured with what flags could be decided`, error)
        ),
        error.snapshot
      )),
    Effect.catchAllDefect((defect) =>
      Effect.as(
        fromHere(Effect.logError(`The event ${quote(message.event)} is captured without flags`, Cause.die(defect))),
        undefined
      )
    )
  )
}

/**
 * Evaluates flags and captures an event that carries them: the older way of doing so. Reports no exposures. A failed
 * evaluation never loses the event: it carries what could be decided. An event of nobody, without an id, carries no
 * flags. When a snapshot is given as `flags` it is used, nothing is evaluated, and a warning is logged each time.
 *
 * Prefer `evaluateFlags` once per request and `capture` with its snapshot: the event then carries the values that the
 * code branched on, and costs no request of its own.
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
export const captureWithFlags = (
  message: CaptureWithFlagsMessage
): Effect.Effect<
  Option.Option<EventId>,
  InvalidEventError,
  Decider | LocalEvaluator | EventQueue | DedupCache
> =>
  Effect.withFiberRuntime((fiber) => {
    if (!isText(message.event)) return invalid("event", "is empty")
    if (message.flags !== undefined) {
      return Effect.zipRight(
        fromHere(Effect.logWarning(
          `Events.captureWithFlags: the event ${
            quote(message.event)
          } has a snapshot, which is used; nothing is evaluated`
        )),
        capture(message)
      )
    }
    const distinctId = message.distinctId || fiber.getFiberRef(requestContextRef).distinctId
    if (distinctId === undefined || distinctId === "") return capture(message)
    // The event happened before its flags were evaluated.
    return Effect.flatMap(DateTime.now, (now) =>
      Effect.flatMap(
        evaluateFor(message, distinctId),
        (flags) => capture({ ...message, distinctId, flags, timestamp: message.timestamp ?? now })
      ))
  })

const captureNamed = (
  event: string,
  distinctId: string,
  properties: Properties,
  { disableGeoip, timestamp, uuid }: EventOptions
): Captured =>
  Effect.withFiberRuntime((fiber) =>
    offer(fiber, {
      event,
      distinctId,
      properties,
      contextProperties: contextProperties(fiber.getFiberRef(requestContextRef)),
      timestamp,
      uuid,
      disableGeoip
    })
  )

/**
 * Says who somebody is, and stores person properties. Fails with `InvalidEventError` when `distinctId` is empty.
 *
 * @since 3.0.0
 * @category constructors
 */
export const identify = (message: IdentifyMessage): Captured => {
  if (!isText(message.distinctId)) return invalid("distinctId", "is empty", "$identify")
  return captureNamed("$identify", message.distinctId, withPersonChanges({}, message) ?? {}, message)
}

/**
 * Links a new id, `alias`, to the existing `distinctId`. Fails with `InvalidEventError` when either is empty.
 *
 * @since 3.0.0
 * @category constructors
 */
export const alias = (message: AliasMessage): Captured => {
  if (!isText(message.distinctId)) return invalid("distinctId", "is empty", "$create_alias")
  if (!isText(message.alias)) return invalid("alias", "is empty", "$create_alias")
  const { alias, distinctId } = message
  return captureNamed("$create_alias", distinctId, { distinct_id: distinctId, alias }, message)
}

/**
 * Stores the properties of a group. Fails with `InvalidEventError` when `groupType` or `groupKey` is empty.
 *
 * @since 3.0.0
 * @category constructors
 */
export const groupIdentify = (message: GroupIdentifyMessage): Captured => {
  const { distinctId, groupKey, groupType, properties } = message
  if (!isText(groupType)) return invalid("groupType", "is empty", "$groupidentify")
  if (!isKey(groupKey)) return invalid("groupKey", "is empty", "$groupidentify")
  return captureNamed(
    "$groupidentify",
    isText(distinctId) ? distinctId : `$${groupType}_${groupKey}`,
    { $group_type: groupType, $group_key: groupKey, $group_set: properties ?? {} },
    message
  )
}

/**
 * Stores and removes properties of a person. Fails with `InvalidEventError` when `distinctId` is empty.
 *
 * @since 3.0.0
 * @category constructors
 */
export const setPersonProperties = (message: PersonPropertiesMessage): Captured => {
  if (!isText(message.distinctId)) return invalid("distinctId", "is empty", "$set")
  return captureNamed("$set", message.distinctId, withPersonChanges({}, message) ?? {}, message)
}

/**
 * Resolves when every event accepted before it has ended: delivered, or dropped for a reason. Never fails; what became
 * of the events is told on `EventQueue.deliveries`. Call it at the end of a serverless handler.
 *
 * @since 3.0.0
 * @category combinators
 */
export const flush: Effect.Effect<void, never, EventQueue> = Effect.flatMap(EventQueue, (queue) => queue.flush)
