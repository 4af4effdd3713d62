// Generated from packages/effect-posthog/src/internal/exceptions/report.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { OfferResult } from "../../Delivery.ts"
import type { EventDraft, EventId, Timestamp } from "../../EventDraft.ts"
import { EventIds } from "../../EventIds.ts"
import type { EventQueue } from "../../EventQueue.ts"
import type { FlagSnapshot } from "../../FlagSnapshot.ts"
import { annotated } from "../library.ts"
import { mergeProperties } from "../properties.ts"
import { offerThen } from "../queue/immediateOffer.ts"
import { quote } from "../quote.ts"
import { contextProperties } from "../requestContext.ts"
import type { Boundary } from "./boundaries.ts"
import { causeInside, failureReader, type Leaf, leavesInside, originalOf } from "./causes.ts"
import { type ClientSettings, settingsOf } from "./clientSettings.ts"
import { count } from "./counters.ts"
import { describe } from "./description.ts"
import {
  type CausePosition,
  exceptionProperties,
  isIgnored,
  ownProperties,
  reservedNamesIn
} from "./eventProperties.ts"
import { type ExceptionEntry, exceptionList, exceptionTree } from "./exceptionList.ts"
import { topPlace } from "./frames.ts"
import { Limiter } from "./limiter.ts"
import type { Origin } from "./origin.ts"
import { isReference, read } from "./reading.ts"
import { reservedNames } from "./reservedProperties.ts"
import { withinBytes } from "./size.ts"
import { sourceContextRef } from "./sourceContext.ts"

type Properties = Readonly<Record<string, unknown>>
type Queue = EventQueue["Service"]
type AnyFiber = Fiber.Fiber<unknown, unknown>
type Reported = Effect.Effect<Option.Option<EventId>>

const mostEvents = 10

/** What fits into an event beside all else, and what is tried when it does not. */
const listBytes = [512 * 1024, 64 * 1024]

const fromHere = annotated("Exceptions")

/**
 * What a caller or a boundary says about an exception.
 *
 * @internal
 */
export interface Given {
  readonly level?: unknown
  readonly distinctId?: string | undefined
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  readonly flags?: FlagSnapshot | undefined
  readonly properties?: object | undefined
  readonly fingerprint?: unknown
  readonly timestamp?: Timestamp | undefined
  readonly uuid?: string | undefined
  readonly disableGeoip?: boolean | undefined
  readonly handled?: boolean | undefined
  readonly defectsOnly?: boolean | undefined
  readonly ignore?: ((error: unknown) => boolean) | undefined
}

/**
 * What a boundary knows beside the failure.
 *
 * @internal
 */
export interface Found {
  /** Below the caller's properties. */
  readonly properties?: Properties | undefined
  /** Whether a failure was dealt with, where the boundary can tell. */
  readonly handled?: ((error: unknown) => boolean | undefined) | undefined
}

/** What is remembered for each queue. */
class Reports {
  readonly seen = new WeakSet<object>()
  readonly limiter = new Limiter()
  readonly settings: ClientSettings
  private readonly told = new Set<string>()

  constructor(settings: ClientSettings) {
    this.settings = settings
  }

  /** Those of the names that nothing was said of yet. */
  untold(names: ReadonlyArray<string>): ReadonlyArray<string> {
    const untold = names.filter((name) => !this.told.has(name))
    for (const name of untold) this.told.add(name)
    return untold
  }
}

const byQueue = new WeakMap<object, Reports>()

const reportsOf = (queue: Queue): Reports => {
  let reports = byQueue.get(queue)
  if (reports === undefined) {
    reports = new Reports(settingsOf(queue))
    byQueue.set(queue, reports)
  }
  return reports
}

const none: Reported = Effect.succeedNone

/** PostHog's AI wrappers mark what they captured. */
const capturedMark = "__posthog_previously_captured_error"

const identityOf = ({ node, value }: Leaf): object | undefined => {
  const original = originalOf(value)
  return isReference(original) ? original : node
}

const wasReported = ({ seen }: Reports, identity: object): boolean =>
  seen.has(identity) || read(identity, capturedMark) === true

const isAllowed = ({ limiter, settings }: Reports, original: unknown, now: number): boolean => {
  if (!limiter.hasRoom(now)) return false
  const { type } = describe(original, () => "")
  const stack = read(original, "stack")
  const place = typeof stack === "string" ? topPlace(stack, read(original, "message"), settings.exceptions) : ""
  return limiter.take(`${type} ${place}`, now)
}

/** One report, from the failure to the queue. */
class Report {
  private readonly fiber: AnyFiber
  private readonly queue: Queue
  private readonly boundary: Boundary
  private readonly given: Given
  private readonly found: Found
  private readonly origin: Origin
  private readonly reports: Reports
  private readonly chosen = new Set<object>()
  private readonly logs: Array<Effect.Effect<void>> = []

  constructor(fiber: AnyFiber, queue: Queue, boundary: Boundary, given: Given, found: Found, origin: Origin) {
    this.fiber = fiber
    this.queue = queue
    this.boundary = boundary
    this.given = given
    this.found = found
    this.origin = origin
    this.reports = reportsOf(queue)
  }

  of(what: unknown): Reported {
    const inside = leavesInside(what)
    const leaves: ReadonlyArray<Leaf> = inside?.leaves ?? [{ kind: "die", value: what, node: undefined }]
    const chosen = leaves.filter((leaf) => this.isChosen(leaf))
    const id = inside === undefined || chosen.length === 0 ? "" : this.newId()
    const sent: Array<Reported> = []
    for (const [index, leaf] of chosen.entries()) {
      if (index >= mostEvents) break
      if (!this.mayBeSent(leaf)) continue
      const position = inside && { id, index, size: chosen.length, interrupted: inside.interrupted }
      sent.push(this.send(leaf, position))
    }
    return this.withLogs(firstOf(sent))
  }

  private newId(): string {
    const ids = this.reports.settings.ids ?? Context.get(this.fiber.context, EventIds)
    return ids.make(this.origin.now)
  }

  private isChosen(leaf: Leaf): boolean {
    if (leaf.kind === "fail" && (this.given.defectsOnly ?? this.boundary.defectsOnly)) return false
    const identity = identityOf(leaf)
    if (identity !== undefined && (this.chosen.has(identity) || wasReported(this.reports, identity))) {
      count(this.boundary, "duplicate")
      return false
    }
    if (isIgnored(originalOf(leaf.value), this.given.ignore)) {
      count(this.boundary, "ignored")
      return false
    }
    if (identity !== undefined) this.chosen.add(identity)
    return true
  }

  private mayBeSent(leaf: Leaf): boolean {
    const { boundary, origin: { now }, reports: { limiter, seen } } = this
    const identity = identityOf(leaf)
    if (identity !== undefined) seen.add(identity)
    const allowed = !boundary.automatic || isAllowed(this.reports, originalOf(leaf.value), now)
    if (!allowed) {
      count(boundary, "limited")
      limiter.suppress()
    }
    const suppressed = limiter.suppressedToTell(now)
    if (suppressed !== undefined) {
      this.logs.push(Effect.logWarning(`${suppressed} exceptions were not reported: there were too many`))
    }
    return allowed
  }

  private send(leaf: Leaf, position: CausePosition | undefined): Reported {
    const tree = exceptionTree(leaf.value, failureReader, this.reports.settings.exceptions)
    const original = originalOf(leaf.value)
    const list = exceptionList(tree, {
      type: this.boundary.type,
      handled: typeof this.given.handled === "boolean"
        ? this.given.handled
        : this.found.handled?.(original) ?? this.boundary.handled
    })
    const withSource = this.fiber.getRef(sourceContextRef)
    return withSource === undefined
      ? this.offer(leaf, original, list, position, 0)
      : Effect.flatMap(
        withSource(list, this.reports.settings.exceptions.root),
        (complete) => this.offer(leaf, original, complete, position, 0)
      )
  }

  private offer(
    leaf: Leaf,
    original: unknown,
    complete: ReadonlyArray<ExceptionEntry>,
    position: CausePosition | undefined,
    attempt: number
  ): Reported {
    const list = withinBytes(complete, listBytes[Math.min(attempt, listBytes.length - 1)] ?? 0)
    const draft = this.draft(leaf, original, list, position, attempt >= listBytes.length)
    return offerThen(this.fiber, { offer: this.queue.tryOffer }, draft, (offered: OfferResult) => {
      if (offered._tag === "Accepted") {
        count(this.boundary, "captured")
        return Effect.succeedSome(offered.id)
      }
      if (offered.reason === "TooLarge" && attempt < listBytes.length) {
        return this.offer(leaf, original, list, position, attempt + 1)
      }
      count(this.boundary, "rejected")
      return none
    })
  }

  private draft(
    leaf: Leaf,
    original: unknown,
    list: ReadonlyArray<ExceptionEntry>,
    position: CausePosition | undefined,
    alone: boolean
  ): EventDraft {
    const { boundary, found, given, origin, reports: { settings } } = this
    const { flags } = given
    const { context } = origin
    const own = alone ? {} : ownProperties(
      leaf,
      original,
      origin,
      settings.exceptions.logAnnotations,
      found.properties ?? {},
      given.properties as Properties | undefined
    )
    const surrounding = contextProperties(context)
    this.tellReserved([
      ...reservedNamesIn(own),
      ...reservedNamesIn(surrounding),
      ...reservedNamesIn(settings.properties)
    ])
    const distinctId = given.distinctId || context.distinctId || flags?.distinctId || undefined
    return {
      event: "$exception",
      distinctId,
      properties: mergeProperties(
        withoutReserved(own),
        exceptionProperties(list, leaf, original, boundary, given, origin, position)
      ),
      contextProperties: alone ? undefined : surrounding,
      flagProperties: alone ? undefined : flags === undefined ? origin.flagsOf(distinctId) : flags.eventProperties,
      reserved: reservedNames,
      groups: given.groups ?? context.groups,
      timestamp: given.timestamp ?? origin.timestamp,
      uuid: position === undefined || position.index === 0 ? given.uuid : undefined,
      disableGeoip: given.disableGeoip
    }
  }

  private tellReserved(names: ReadonlyArray<string>): void {
    if (names.length === 0) return
    for (const name of this.reports.untold(names)) {
      this.logs.push(
        Effect.logDebug(`The property ${quote(name)} of an exception is not sent: the library sets it itself`)
      )
    }
  }

  private withLogs(reported: Reported): Reported {
    return this.logs.length === 0
      ? reported
      : Effect.tap(reported, fromHere(Effect.suspend(() => Effect.all(this.logs, { discard: true }))))
  }
}

const withoutReserved = (properties: Properties): Properties => {
  const names = reservedNamesIn(properties)
  return names.length === 0
    ? properties
    : mergeProperties(properties, Object.fromEntries(names.map((name) => [name, undefined])))
}

const firstOf = (sent: ReadonlyArray<Reported>): Reported => {
  const [first, ...rest] = sent
  if (first === undefined) return none
  return rest.length === 0 ? first : Effect.map(Effect.all(sent), Option.firstSomeOf)
}

const unreported = (boundary: Boundary, cause: Cause.Cause<unknown>): Reported => {
  count(boundary, "rejected")
  return Effect.as(
    Effect.catchCause(
      fromHere(Effect.logError("An exception could not be reported", cause)),
      () => Effect.void
    ),
    Option.none()
  )
}

// The common cases of nothing to report, told apart before anything is made: a boundary sees most errors on their way
// through it a second time.
const isKnown = (reports: Reports, boundary: Boundary, what: unknown, given: Given): boolean => {
  if (isReference(what) && reports.seen.has(what)) {
    count(boundary, "duplicate")
    return true
  }
  const reasons = causeInside(what)?.reasons ?? []
  const [cause] = reasons
  if (reasons.length !== 1 || cause === undefined || cause._tag === "Interrupt") return false
  if (cause._tag === "Fail" && (given.defectsOnly ?? boundary.defectsOnly)) {
    return causeInside(cause.error) === undefined
  }
  const original = originalOf(cause._tag === "Fail" ? cause.error : cause.defect)
  if (!reports.seen.has(isReference(original) ? original : cause)) return false
  count(boundary, "duplicate")
  return true
}

/**
 * Reports an exception, a value or a cause to a queue. Never fails, and what it gives is an `Exit` when nothing is left
 * to be done: then it took no step of the fiber's.
 *
 * @internal
 */
export const reportTo = (
  fiber: AnyFiber,
  queue: Queue,
  boundary: Boundary,
  what: unknown,
  given: Given,
  origin: () => Origin,
  found: Found = {}
): Reported => {
  try {
    if (isKnown(reportsOf(queue), boundary, what, given)) return none
    const reported = new Report(fiber, queue, boundary, given, found, origin()).of(what)
    return Exit.isExit(reported)
      ? reported
      : Effect.catchCause(reported, (cause) => unreported(boundary, cause))
  } catch (defect) {
    return unreported(boundary, Cause.die(defect))
  }
}
