// Generated from packages/testkit/src/Fault.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What the embedded server does instead of answering normally: statuses, delays, broken bodies, cut connections.
 *
 * A fault is data. Hand it to `PostHogServer.script` (for the next request) or `PostHogServer.always` (for every one).
 *
 * The server processes a request, and accepts its events, whenever the status of the answer is 2xx, even if the answer
 * never arrives whole. A client whose connection was cut after that has to send the events again, and they arrive twice:
 * that is what these faults are for.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"

/**
 * One unusual answer. The constructors say what each does.
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
  /** The normal answer with the second half of its body missing, under a matching content length: text that is not JSON. */
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
 * What the V1 capture endpoint says about one event. A plain string is short for `{ result: string }`. PostHog uses `ok`,
 * `warning`, `limited`, `drop` and `retry`; any other string tests forward compatibility.
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
  /** The `Retry-After` header: a number of seconds, or any text. Default: no such header. */
  readonly retryAfter?: number | string | undefined
  /** More headers, which replace those of the server. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The body: a string is sent as it is, anything else as JSON. Default: the error body of the endpoint. */
  readonly body?: unknown
}

const constructors = Data.taggedEnum<Fault>()

/**
 * The normal answer, for use inside a sequence, as in `script("flags", Fault.pass, Fault.status(503))`.
 *
 * @since 3.0.0
 * @category constructors
 */
export const pass: Fault = constructors.Pass()

/**
 * An answer with this status. Unless it is 2xx, the server does not process the request.
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
 * A 200 with this body instead of the endpoint's own: a string as it is, anything else as JSON.
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
export const delay = (duration: Duration.Input, next: Fault = pass): Fault =>
  constructors.Delay({ duration: Duration.fromInputUnsafe(duration), next })

/**
 * Reads the request and never answers. The connection stays open until the client or the server closes it.
 *
 * @since 3.0.0
 * @category constructors
 */
export const hang: Fault = constructors.Hang()

/**
 * Resets the connection before the first byte of an answer. The server does not process the request.
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
 * Sends the head and half of the body of the normal answer, then closes the connection in an orderly way.
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
 * A complete answer whose JSON body breaks off in the middle.
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
export const drip = (interval: Duration.Input): Fault =>
  constructors.Drip({ interval: Duration.fromInputUnsafe(interval) })

/**
 * The result of each event at the V1 capture endpoint, by position in the request. An event beyond the end of the list is
 * `ok`. The server does not accept events with `drop` or `retry`. Other endpoints answer normally.
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
 * A 413 for a request with more events than this, and the normal answer for any other. Use it with
 * `PostHogServer.always`.
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
 * A `/flags` answer with `errorsWhileComputingFlags`, in which these flags are marked as `failed`. Other endpoints answer
 * normally.
 *
 * @since 3.0.0
 * @category constructors
 */
export const computationErrors = (...failed: ReadonlyArray<string>): Fault => constructors.ComputationErrors({ failed })
