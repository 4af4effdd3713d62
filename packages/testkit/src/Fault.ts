/**
 * What an embedded server does instead of answering as PostHog would: statuses, delays, broken bodies, cut connections.
 *
 * A fault is data. Hand it to `PostHogServer.script` (for the next request) or `PostHogServer.always` (for every one).
 *
 * The rule for what the server takes in: a request is processed (events are accepted, flags are evaluated) whenever the
 * answer would carry a 2xx status, even if that answer then never arrives whole. A client that sees its connection cut
 * after the events were taken in must send them again, and they arrive twice: that is what those faults are for.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"

/**
 * One answer out of the ordinary. See the constructors for what each does.
 *
 * @since 3.0.0
 * @category models
 */
export type Fault = Data.TaggedEnum<{
  /** The normal answer. */
  readonly Pass: {}
  /** An answer with this status, without processing the request unless it is 2xx. */
  readonly Status: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: unknown
  }
  /** Wait, then do what the other fault says. */
  readonly Delay: { readonly duration: Duration.Duration; readonly next: Fault }
  /** Never answer; the request is not processed. */
  readonly Hang: {}
  /** Cut the connection with a TCP reset before a byte of an answer; the request is not processed. */
  readonly Reset: {}
  /** The normal answer, its head and half of its body only; then silence with the connection open. */
  readonly StalledBody: {}
  /** The normal answer, its head and half of its body only; then an orderly end of the connection. */
  readonly TruncatedBody: {}
  /** The normal answer, its head and half of its body only; then a TCP reset. */
  readonly ResetMidBody: {}
  /** The normal answer with the second half of its body missing, under a matching content length: text that is no JSON. */
  readonly MalformedBody: {}
  /** The normal answer, one byte of its body at a time. */
  readonly Drip: { readonly interval: Duration.Duration }
  /** The per-event results of the V1 capture endpoint, by position in the request. */
  readonly Results: {
    readonly results: ReadonlyArray<EventResult>
    readonly headers: Readonly<Record<string, string>>
  }
  /** A 413 for a request with more events than this, the normal answer for any other. */
  readonly MaxEvents: { readonly count: number }
  /** The answer of a project that has used up its quota, in the form of the endpoint. */
  readonly QuotaLimited: {}
  /** A flags answer that says some flags could not be computed. */
  readonly ComputationErrors: { readonly failed: ReadonlyArray<string> }
}>

/**
 * What the V1 capture endpoint says about one event. A bare word is the same as `{ result: word }`. The words PostHog
 * knows are `ok`, `warning`, `limited`, `drop` and `retry`; any other tests forward compatibility.
 *
 * @since 3.0.0
 * @category models
 */
export type EventResult = string | { readonly result: string; readonly details?: string | undefined }

/**
 * Options of an answer with a status of its own.
 *
 * @since 3.0.0
 * @category models
 */
export interface StatusOptions {
  /** The `Retry-After` header: a number is seconds, text goes out as it is. Absent: no such header. */
  readonly retryAfter?: number | string | undefined
  /** More headers; they win over those the server would set. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The body: text goes out as it is, anything else as JSON. Absent: the error body of the endpoint. */
  readonly body?: unknown
}

const constructors = Data.taggedEnum<Fault>()

/**
 * The normal answer: a place holder in a sequence, as in `script("flags", Fault.pass, Fault.status(503))`.
 *
 * @since 3.0.0
 * @category constructors
 */
export const pass: Fault = constructors.Pass()

/**
 * An answer with this status. Below 200 or from 300 on the request is not processed: nothing is accepted.
 *
 * @since 3.0.0
 * @category constructors
 * @example
 * ```ts
 * import { Fault } from "@effect-posthog/testkit"
 *
 * const overloaded = Fault.status(503, { retryAfter: 2 })
 * assert.deepStrictEqual(overloaded._tag, "Status")
 * ```
 */
export const status = (status: number, options: StatusOptions = {}): Fault =>
  constructors.Status({
    status,
    headers: {
      ...(options.retryAfter === undefined ? {} : { "retry-after": String(options.retryAfter) }),
      ...options.headers
    },
    body: options.body
  })

/**
 * A 200 whose body is this value instead of the endpoint's own: text as it is, anything else as JSON.
 *
 * @since 3.0.0
 * @category constructors
 */
export const body = (body: unknown): Fault => status(200, { body })

/**
 * Waits for a time on the server's clock, then answers normally, or as `next` says.
 *
 * @since 3.0.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput, next: Fault = pass): Fault =>
  constructors.Delay({ duration: Duration.decode(duration), next })

/**
 * Takes the request and never answers. The connection stays open until the client or the server closes it.
 *
 * @since 3.0.0
 * @category constructors
 */
export const hang: Fault = constructors.Hang()

/**
 * Resets the connection before a byte of an answer. Nothing is accepted.
 *
 * @since 3.0.0
 * @category constructors
 */
export const reset: Fault = constructors.Reset()

/**
 * Sends the head and half of the body of the normal answer, then nothing more; the connection stays open.
 *
 * @since 3.0.0
 * @category constructors
 */
export const stalledBody: Fault = constructors.StalledBody()

/**
 * Sends the head and half of the body of the normal answer, then ends the connection in order.
 *
 * @since 3.0.0
 * @category constructors
 */
export const truncatedBody: Fault = constructors.TruncatedBody()

/**
 * Sends the head and half of the body of the normal answer, then resets the connection.
 *
 * @since 3.0.0
 * @category constructors
 */
export const resetMidBody: Fault = constructors.ResetMidBody()

/**
 * A complete answer whose body is cut in the middle of its JSON.
 *
 * @since 3.0.0
 * @category constructors
 */
export const malformedBody: Fault = constructors.MalformedBody()

/**
 * The normal answer, with this time on the server's clock between two bytes of its body.
 *
 * @since 3.0.0
 * @category constructors
 */
export const drip = (interval: Duration.DurationInput): Fault =>
  constructors.Drip({ interval: Duration.decode(interval) })

/**
 * The V1 capture endpoint's word about each event, by its position in the request; an event beyond the end of the list
 * is `ok`. Events with `drop` or `retry` are not accepted. On any other endpoint it is the normal answer.
 *
 * @since 3.0.0
 * @category constructors
 * @example
 * ```ts
 * import { Fault } from "@effect-posthog/testkit"
 *
 * const partial = Fault.results(["ok", "retry", { result: "drop", details: "invalid_event" }], { retryAfter: 1 })
 * assert.deepStrictEqual(partial._tag, "Results")
 * ```
 */
export const results = (
  results: ReadonlyArray<EventResult>,
  options: Pick<StatusOptions, "retryAfter" | "headers"> = {}
): Fault =>
  constructors.Results({
    results,
    headers: {
      ...(options.retryAfter === undefined ? {} : { "retry-after": String(options.retryAfter) }),
      ...options.headers
    }
  })

/**
 * A 413 for a request with more events than this; any other gets the normal answer. Made for `PostHogServer.always`.
 *
 * @since 3.0.0
 * @category constructors
 */
export const maxEvents = (count: number): Fault => constructors.MaxEvents({ count })

/**
 * A project over its quota: a 200 without flags and with `quotaLimited` from the flags endpoint, a 402 from the
 * definitions and V1 capture endpoints, a 200 that names the quota and accepts nothing from the older capture ones.
 *
 * @since 3.0.0
 * @category constructors
 */
export const quotaLimited: Fault = constructors.QuotaLimited()

/**
 * A flags answer with `errorsWhileComputingFlags`; the flags named are marked `failed`, the others are as always. On any
 * other endpoint it is the normal answer.
 *
 * @since 3.0.0
 * @category constructors
 */
export const computationErrors = (...failed: ReadonlyArray<string>): Fault => constructors.ComputationErrors({ failed })
