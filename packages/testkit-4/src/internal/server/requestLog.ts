// Generated from packages/testkit/src/internal/server/requestLog.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Arrival, Endpoint, ReceivedEvent, RecordedRequest } from "../../Recording.ts"
import { bodyForRecord, recordedBytes } from "./decoding.ts"
import type { IncomingRequest } from "./incomingRequest.ts"
import * as Recent from "./recent.ts"

/** @internal */
export interface Entry {
  readonly request: IncomingRequest
  status: number | undefined
}

interface Waiter {
  readonly satisfied: () => boolean
  readonly signal: Deferred.Deferred<void>
}

/**
 * Everything that arrived, in order, and the fibers that wait for more. Beyond its bounds the log forgets the oldest; the
 * counts that waiters look at never go back.
 *
 * @internal
 */
export interface RequestLog {
  readonly arrived: (request: IncomingRequest) => Effect.Effect<Entry>
  readonly answered: (entry: Entry, status: number) => Effect.Effect<void>
  readonly accepted: (events: ReadonlyArray<ReceivedEvent>, request: IncomingRequest) => Effect.Effect<void>
  readonly arrivals: Stream.Stream<Arrival>
  readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  readonly events: Effect.Effect<ReadonlyArray<ReceivedEvent>>
  readonly awaitRequests: (endpoint: Endpoint, count: number) => Effect.Effect<void>
  readonly awaitEvents: (count: number) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
}

const recorded = ({ request, status }: Entry): RecordedRequest => ({
  endpoint: request.endpoint,
  method: request.method,
  path: request.path,
  query: request.query,
  headers: request.headers,
  body: bodyForRecord(request.body),
  bodyBytes: request.bodyBytes,
  arrivedAt: request.arrivedAt,
  status: Option.fromNullishOr(status)
})

/** What a request takes beside its body. */
const requestBytes = 1024

/** @internal */
export const make = Effect.fnUntraced(function*(capacity: number, maxBytes: number) {
  const hub = yield* PubSub.sliding<Arrival>(1024)
  const entries = Recent.make<Entry>(capacity, maxBytes)
  const events = Recent.make<ReceivedEvent>(capacity, maxBytes)
  const waiters = new Set<Waiter>()
  const requestCounts = new Map<Endpoint | "other", number>()
  let eventCount = 0

  const wake = () => {
    for (const waiter of waiters) {
      if (waiter.satisfied()) Deferred.doneUnsafe(waiter.signal, Effect.void)
    }
  }

  const waitFor = (satisfied: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (satisfied()) return Effect.void
      return Effect.flatMap(Deferred.make<void>(), (signal) => {
        const waiter = { satisfied, signal }
        waiters.add(waiter)
        return Effect.ensuring(Deferred.await(signal), Effect.sync(() => waiters.delete(waiter)))
      })
    })

  return {
    arrived: (request) =>
      Effect.sync(() => {
        const entry: Entry = { request, status: undefined }
        entries.add(entry, requestBytes + recordedBytes(request.body))
        requestCounts.set(request.endpoint, (requestCounts.get(request.endpoint) ?? 0) + 1)
        wake()
        return entry
      }),
    answered: (entry, status) =>
      Effect.suspend(() => {
        entry.status = status
        return PubSub.publish(hub, { _tag: "Request", request: recorded(entry) })
      }),
    accepted: (accepted, request) =>
      Effect.suspend(() => {
        const bytes = recordedBytes(request.body) / accepted.length
        for (const event of accepted) events.add(event, bytes)
        eventCount += accepted.length
        wake()
        return PubSub.publishAll(hub, accepted.map((event) => ({ _tag: "Event", event })))
      }),
    arrivals: Stream.fromPubSub(hub),
    requests: Effect.sync(() => entries.values().map(recorded)),
    events: Effect.sync(events.values),
    awaitRequests: (endpoint, count) => waitFor(() => (requestCounts.get(endpoint) ?? 0) >= count),
    awaitEvents: (count) => waitFor(() => eventCount >= count),
    clear: Effect.sync(() => {
      entries.clear()
      events.clear()
      requestCounts.clear()
      eventCount = 0
    })
  } satisfies RequestLog
})
