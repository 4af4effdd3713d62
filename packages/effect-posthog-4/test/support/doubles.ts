// Generated from packages/effect-posthog/test/support/doubles.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Resolved, Result } from "@effect-posthog/evaluator"
import { PostHogServer } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { Effect, Layer, Redacted, Stream } from "effect"
import {
  Decider,
  type DecideRequest,
  type DeciderError,
  type DecideResponse,
  DedupCache,
  DedupStore,
  type EventDraft,
  EventQueue,
  type LocalEvaluation,
  LocalEvaluator,
  type OfferResult,
  PostHogConfig
} from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"

export const resolved = (value: boolean | string, more: Partial<Resolved> = {}): Resolved => ({
  _tag: "Resolved",
  value,
  payload: undefined,
  reason: value === false ? "no_condition_match" : "condition_match",
  conditionIndex: 0,
  ...more
})

export const inconclusive: Result = { _tag: "Inconclusive", reason: "missing_context", cause: "a property is missing" }

export const unknown: Result = { _tag: "Unknown" }

/** A local evaluation with these results; values stand for resolved ones. */
export const evaluation = (
  results: Readonly<Record<string, boolean | string | Result>>,
  more: Partial<LocalEvaluation> = {}
): LocalEvaluation => {
  const records = new Map(
    Object.entries(results).map(([key, result]) => [key, typeof result === "object" ? result : resolved(result)])
  )
  return { records, needsRemote: [...records.values()].some((result) => result._tag !== "Resolved"), ...more }
}

const nothingLoaded = evaluation({}, { needsRemote: true })

export interface LocalCall {
  readonly distinctId: string
  readonly deviceId: string | undefined
  readonly keys: ReadonlyArray<string> | undefined
}

export const localEvaluator = (
  evaluate: LocalEvaluation | LocalEvaluator["Service"]["evaluate"],
  noteAbsent: LocalEvaluator["Service"]["noteAbsent"] = () => Effect.void
): Layer.Layer<LocalEvaluator> =>
  Layer.mock(LocalEvaluator, {
    evaluate: typeof evaluate === "function" ? evaluate : () => evaluate,
    noteAbsent,
    ready: Effect.void,
    changes: Stream.empty
  })

/** A decider that answers without a server, and the requests it got. */
export const decider = (
  answer: DecideResponse | DeciderError | ((request: DecideRequest) => Effect.Effect<DecideResponse, DeciderError>),
  enabled = true
) => {
  const requests: Array<DecideRequest> = []
  const respond = typeof answer === "function"
    ? answer
    : () => ("flags" in answer ? Effect.succeed(answer) : Effect.fail(answer))
  const layer = Layer.succeed(Decider, {
    enabled,
    decide: (request) =>
      Effect.suspend(() => {
        requests.push(request)
        return respond(request)
      })
  })
  return { requests, layer }
}

const accepted = (count: number): OfferResult => ({ _tag: "Accepted", id: `event-${count}` })

export const rejected: OfferResult = { _tag: "Rejected", reason: "Overflow" }

/** A queue that takes what `answer` does not refuse, and the drafts it took. */
export const eventQueue = (
  answer: (draft: EventDraft, count: number) => OfferResult = (_, count) => accepted(count)
) => {
  const offers: Array<EventDraft> = []
  const taken: Array<EventDraft> = []
  const offer = (draft: EventDraft) =>
    Effect.sync(() => {
      offers.push(draft)
      const answered = answer(draft, offers.length)
      if (answered._tag === "Accepted") taken.push(draft)
      return answered
    })
  const layer = Layer.mock(EventQueue, { offer, tryOffer: offer, flush: Effect.void, deliveries: Stream.empty })
  return { offers, taken, accepted, layer }
}

export const memoryDedup: Layer.Layer<DedupCache> = DedupCache.layer.pipe(
  Layer.provide(DedupStore.layerMemoryWith({ capacity: 50_000 })),
  Layer.fresh
)

/** The four services in memory, with what they recorded. */
export const services = (options: {
  readonly local?: Parameters<typeof localEvaluator>[0]
  readonly server?: Parameters<typeof decider>[0]
  readonly answer?: Parameters<typeof eventQueue>[0]
} = {}) => {
  const queue = eventQueue(options.answer)
  const remote = decider(options.server ?? { flags: {} })
  const absent: Array<string> = []
  const layer = Layer.mergeAll(
    queue.layer,
    remote.layer,
    memoryDedup,
    localEvaluator(options.local ?? nothingLoaded, (keys) => Effect.sync(() => void absent.push(...keys)))
  )
  return { queue, requests: remote.requests, absent, layer }
}

export const config = (options: Partial<Options> = {}) =>
  PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), ...options })

/** The real decider, talking to the embedded server of the test. */
const realDecider = (options: Partial<Options> = {}) =>
  Layer.unwrap(
    Effect.map(
      PostHogServer.PostHogServer,
      ({ url }) => Decider.layer.pipe(Layer.provide(config({ host: url, ...options })))
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** An embedded server, and the real decider with the other services in memory. */
export const withServer = (
  options: {
    readonly server?: PostHogServer.Options
    readonly options?: Partial<Options>
    readonly local?: Parameters<typeof localEvaluator>[0]
  } = {}
) => {
  const queue = eventQueue()
  const absent: Array<string> = []
  const layer = Layer.mergeAll(
    realDecider(options.options),
    queue.layer,
    memoryDedup,
    localEvaluator(options.local ?? nothingLoaded, (keys) => Effect.sync(() => void absent.push(...keys)))
  ).pipe(Layer.provideMerge(PostHogServer.layer(options.server)))
  return { queue, absent, layer }
}

export const server = PostHogServer.PostHogServer
