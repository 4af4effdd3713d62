// Generated from packages/effect-posthog/test/support/queue.ts by packages/tools/editions.mjs: change that file, not this one.
import { Clock, Deferred, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import type { Delivery, EventBatch, SendOutcome } from "effect-posthog-4"
import { EventIds, EventQueue, EventTransport, PostHogConfig } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"

/** A transport that remembers batches and answers as it is told; without instructions everything is delivered. */
export class ScriptedTransport {
  readonly batches: Array<EventBatch> = []
  private readonly script: Array<Effect.Effect<SendOutcome | void>> = []
  private fallback: (batch: EventBatch) => Effect.Effect<SendOutcome | void> = () => Effect.void

  next(...answers: ReadonlyArray<SendOutcome | Effect.Effect<SendOutcome | void>>): void {
    this.script.push(...answers.map((answer) => (Effect.isEffect(answer) ? answer : Effect.succeed(answer))))
  }

  always(answer: (batch: EventBatch) => Effect.Effect<SendOutcome | void>): void {
    this.fallback = answer
  }

  /** The names of the events of each request. */
  get names(): ReadonlyArray<ReadonlyArray<string>> {
    return this.batches.map((batch) => batch.events.map((event) => event.event))
  }

  readonly layer: Layer.Layer<EventTransport> = Layer.succeed(EventTransport, {
    send: (batch) =>
      Effect.suspend(() => {
        this.batches.push(batch)
        return this.script.shift() ?? this.fallback(batch)
      })
  })
}

export const options = (events: Options["events"] = {}, rest: Partial<Options> = {}): Options => ({
  apiKey: Redacted.make("phc_test"),
  ...rest,
  events
})

export const queueLayer = (
  transport: ScriptedTransport,
  events?: Options["events"],
  rest?: Partial<Options>
): Layer.Layer<EventQueue> =>
  EventQueue.layer.pipe(
    Layer.provide(transport.layer),
    Layer.provide(Layer.orDie(PostHogConfig.layer(options(events, rest)))),
    Layer.provide(Layer.succeed(EventIds, EventIds.seeded(1)))
  )

/** Lets forked fibers get to where they wait. */
export const settled: Effect.Effect<void> = Effect.yieldNow.pipe(Effect.repeat({ times: 50 }))

/** Collects every delivery from now on; reads what was collected so far. */
export const recordDeliveries = Effect.gen(function*() {
  const queue = yield* EventQueue
  const seen: Array<Delivery> = []
  const fiber = yield* queue.deliveries.pipe(
    Stream.runForEach((delivery) => Effect.sync(() => seen.push(delivery))),
    Effect.forkScoped({ uninterruptible: "inherit" })
  )
  yield* settled
  return { seen, ended: Fiber.join(fiber) }
})

export const offerNames = (...names: ReadonlyArray<string>) =>
  Effect.flatMap(
    EventQueue,
    (queue) => Effect.forEach(names, (event) => queue.offer({ event, distinctId: "ada" }))
  )

/** An answer that comes only when the gate is opened. */
export const gate = (answer: SendOutcome | void = undefined) =>
  Effect.map(Deferred.make<void>(), (deferred) => ({
    open: Deferred.succeed(deferred, undefined),
    answer: Effect.as(Deferred.await(deferred), answer)
  }))

/** The clock of the test, and how many sleeps on it have neither ended nor been interrupted. */
export const countSleeps = Effect.map(Clock.Clock, (clock) => {
  let sleeping = 0
  return {
    sleeping: Effect.sync(() => sleeping),
    clock: Clock.Clock.of({
      ...clock,
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => clock.currentTimeMillisUnsafe(),
      unsafeCurrentTimeNanos: () => clock.monotonicTimeNanosUnsafe(),
      currentTimeMillis: clock.currentTimeMillis,
      currentTimeNanos: clock.currentTimeNanos,
      sleep: (duration) =>
        Effect.acquireUseRelease(
          Effect.sync(() => sleeping++),
          () => clock.sleep(duration),
          () => Effect.sync(() => sleeping--)
        )
    })
  }
})
