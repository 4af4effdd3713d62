// Generated from packages/testkit/src/internal/memory/memoryServices.ts by packages/tools/editions.mjs: change that file, not this one.
import {
  Decider,
  type DefinitionsError,
  DefinitionsSource,
  EventIds,
  EventQueue,
  EventTransport,
  LocalEvaluator,
  PostHogConfig
} from "effect-posthog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { Backend } from "./backend.ts"

/**
 * Remote evaluation, as far as the configuration allows it.
 *
 * @internal
 */
export const decider: Layer.Layer<Decider, never, PostHogConfig | Backend> = Layer.effect(
  Decider,
  Effect.zipWith(PostHogConfig, Backend, ({ enabled, flags }, backend) => ({
    enabled: enabled && !flags.onlyEvaluateLocally,
    decide: (request) => backend.decide(request, flags.evaluationContexts)
  }))
)

const source: Layer.Layer<DefinitionsSource, never, Backend> = Layer.effect(
  DefinitionsSource,
  Effect.map(Backend, ({ state }) => ({
    name: "memory",
    load: (etag) =>
      Effect.map(Ref.get(state), ({ definitions }) =>
        definitions.etag === etag
          ? { _tag: "NotModified" as const }
          : { _tag: "Loaded" as const, document: definitions.document, etag: definitions.etag })
  }))
)

/**
 * Production's loader over the definitions in memory, loaded when the layer is built.
 *
 * @internal
 */
export const localEvaluator: Layer.Layer<LocalEvaluator, DefinitionsError, PostHogConfig | Backend> = Layer.tap(
  LocalEvaluator.layer,
  (context) => Context.get(context, LocalEvaluator).reload
).pipe(Layer.provide(source))

const transport: Layer.Layer<EventTransport, never, Backend> = Layer.effect(
  EventTransport,
  Effect.map(Backend, ({ take }) => ({ send: ({ events }) => take(events) }))
)

/**
 * Production's queue, which delivers into memory, behind a gate that rejects what the test wants rejected.
 *
 * @internal
 */
export const eventQueue: Layer.Layer<EventQueue, never, PostHogConfig | Backend> = Layer.effect(
  EventQueue,
  Effect.zipWith(EventQueue, Backend, (queue, backend) => ({
    ...queue,
    offer: (draft) => backend.offer(draft, queue.offer),
    tryOffer: (draft) => backend.offer(draft, queue.tryOffer),
    counts: Effect.map(queue.counts, backend.withRejections)
  }))
).pipe(
  Layer.provide(EventQueue.layer),
  Layer.provide(transport),
  Layer.provide(Layer.sync(EventIds, () => EventIds.seeded(1)))
)
