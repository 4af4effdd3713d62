// Generated from packages/effect-posthog/test/requestFlags.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "./support/standIns.ts"
import { makeLogger } from "./support/standIns.ts"
import { PostHogTest } from "@effect-posthog/testkit"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Deferred, Effect, Exit, Fiber, FiberId, Layer, Logger } from "effect"
import type { Scheduler } from "effect"
import {
  Decider,
  DeciderError,
  Events,
  Flag,
  FlagOverrides,
  Flags,
  FlagSnapshot,
  RemoteFlagsError,
  RequestContext,
  RequestFlags
} from "effect-posthog-4"

const ada = { distinctId: "ada" }

const flags = Flag.registry({
  beta: Flag.boolean("beta").pipe(Flag.withDefault(false)),
  pricing: Flag.variants("pricing", ["control", "annual"])
})

/** A decider that counts, and whose answer waits where it is told to. */
const counting = (answer: Effect.Effect<void, DeciderError> = Effect.void) => {
  const asked: Array<string> = []
  const layer = Layer.succeed(Decider, {
    enabled: true,
    decide: (request) =>
      Effect.suspend(() => {
        asked.push(request.distinctId)
        return Effect.as(answer, { flags: { beta: { enabled: true }, pricing: { enabled: true, variant: "annual" } } })
      })
  })
  return { asked, layer: Layer.merge(PostHogTest.layer(), layer) }
}

const inRequest = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(RequestFlags.scoped, RequestContext.with(ada))

describe("RequestFlags", () => {
  it.effect("evaluates once for a request, and anew for the next", () => {
    const { asked, layer } = counting()
    return Effect.gen(function*() {
      const [first, second] = yield* inRequest(Effect.all([RequestFlags.get, RequestFlags.get]))
      strictEqual(first, second)
      strictEqual(first.distinctId, "ada")
      deepStrictEqual(asked, ["ada"])
      yield* inRequest(RequestFlags.get)
      deepStrictEqual(asked, ["ada", "ada"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("evaluates nothing when nothing is read", () => {
    const { asked, layer } = counting()
    return Effect.provide(Effect.map(inRequest(Effect.void), () => deepStrictEqual(asked, [])), layer)
  })

  it.effect("lets first reads at the same time share one evaluation", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { asked, layer } = counting(Deferred.await(gate))
      yield* Effect.gen(function*() {
        const readers = yield* Effect.forkChild(inRequest(
            Effect.all([RequestFlags.get, RequestFlags.of(flags), RequestFlags.get], { concurrency: "unbounded" })
          ), { uninterruptible: "inherit" })
        yield* Effect.yieldNow
        yield* Deferred.succeed(gate, undefined)
        const [first, typed, third] = yield* Fiber.join(readers)
        strictEqual(first, third)
        strictEqual(yield* typed.flags.beta, true)
        deepStrictEqual(asked, ["ada"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("evaluates anew for a new subject, and remembers both", () => {
    const { asked, layer } = counting()
    return Effect.gen(function*() {
      yield* Effect.gen(function*() {
        yield* RequestFlags.get
        yield* RequestContext.set({ distinctId: "grace" })
        strictEqual((yield* RequestFlags.get).distinctId, "grace")
        yield* RequestFlags.get
        yield* RequestContext.with(RequestFlags.get, { groups: { company: "acme" } })
        yield* RequestContext.with(RequestFlags.get, { personProperties: { plan: "pro" } })
        strictEqual((yield* RequestContext.fresh(RequestFlags.get, ada)).distinctId, "ada")
      }).pipe(inRequest)
      deepStrictEqual(asked, ["ada", "grace", "grace", "grace"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("remembers a failure: five reads in an outage are one timeout", () => {
    const { asked, layer } = counting(Effect.fail(new DeciderError({ reason: "Timeout" })))
    return Effect.gen(function*() {
      const exits = yield* inRequest(
        Effect.all(
          [1, 2, 3, 4].map(() => Effect.exit(RequestFlags.get)).concat(
            Effect.exit(RequestFlags.of(flags))
          )
        )
      )
      assert.isTrue(exits.every(Exit.isFailure))
      deepStrictEqual(asked, ["ada"])
      const error = yield* Effect.flip(inRequest(RequestFlags.of(flags)))
      assert(error instanceof RemoteFlagsError)
      strictEqual(yield* error.snapshot.flags.beta, false)
      const partial = yield* inRequest(Flags.orPartial(RequestFlags.of(flags)))
      strictEqual(yield* partial.flags.beta, false)
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not remember an interruption: who waits evaluates", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { asked, layer } = counting(Deferred.await(gate))
      yield* Effect.gen(function*() {
        const leader = yield* Effect.forkChild(RequestFlags.get, { uninterruptible: "inherit" })
        yield* Effect.yieldNow
        const follower = yield* Effect.forkChild(RequestFlags.get, { uninterruptible: "inherit" })
        yield* Effect.yieldNow
        yield* interruptFiber(leader)
        yield* Deferred.succeed(gate, undefined)
        strictEqual((yield* Fiber.join(follower)).distinctId, "ada")
        deepStrictEqual(asked, ["ada", "ada"])
      }).pipe(inRequest, Effect.provide(layer))
    }))

  it.effect("lets no reader wait for one that was interrupted, whichever step that was at", () => {
    const { layer } = counting(Effect.yieldNow)
    /** Lets other fibers run before one step of a fiber, and has it interrupted there. */
    const stoppingAt = (stop: number, interrupt: () => void): Scheduler.Scheduler => {
      let steps = 0
      return {
        shouldYield: () => ++steps === stop ? 0 : false,
        scheduleTask: (task) => {
          if (steps === stop) interrupt()
          queueMicrotask(task)
        }
      }
    }
    const read = (stop: number) =>
      Effect.gen(function*() {
        const scheduler = stoppingAt(stop, () => leader.interruptUnsafe())
        const leader: Fiber.Fiber<unknown, unknown> = yield* Effect.forkChild(Effect.withScheduler(RequestFlags.get, scheduler), { uninterruptible: "inherit" })
        yield* Effect.exit(Fiber.join(leader))
        const follower = yield* Effect.forkChild(RequestFlags.get, { uninterruptible: "inherit" })
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        assert.isDefined(follower.pollUnsafe(), `interrupted before step ${stop}`)
      })
    return Effect.forEach(Array.from({ length: 60 }, (_, stop) => stop), (stop) => inRequest(read(stop)), {
      discard: true
    }).pipe(Effect.provide(layer))
  })

  it.effect("views by different registries are views of one evaluation, within the keys of the scope", () => {
    const { asked, layer } = counting()
    const logged: Array<string> = []
    const logger = Logger.layer([makeLogger(({ message }) => logged.push(String(message)))])
    return Effect.gen(function*() {
      const { beta, pricing } = flags
      yield* Effect.gen(function*() {
        const first = yield* RequestFlags.of({ beta })
        const second = yield* RequestFlags.of({ price: pricing })
        yield* first.flags.beta
        yield* second.flags.price
        deepStrictEqual((yield* (yield* RequestFlags.get).onlyAccessed).keys, ["beta", "pricing"])
        deepStrictEqual(asked, ["ada"])
        deepStrictEqual(logged, [])
        yield* RequestFlags.of({ other: Flag.boolean("other") })
        yield* RequestFlags.of({ other: Flag.boolean("other") })
        deepStrictEqual(asked, ["ada", "ada"])
        strictEqual(logged.length, 1)
        assert.include(logged[0], `without "other"`)
      }).pipe(
        RequestFlags.scopedWith({ flags: [beta, pricing] }),
        RequestContext.with(ada),
        Effect.provide(logger)
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("attaches the flags that were read to events that name none", () => {
    const { layer } = counting()
    return Effect.gen(function*() {
      const posthog = yield* PostHogTest.PostHogTest
      const request = Effect.gen(function*() {
        const typed = yield* RequestFlags.of(flags)
        yield* typed.flags.pricing
        yield* Events.capture({ event: "attached" })
        yield* Events.capture({ event: "own", flags: FlagSnapshot.fromValues({ other: true }) })
        yield* Events.capture({ event: "somebody else's", distinctId: "grace" })
      })
      yield* request.pipe(RequestFlags.scopedWith({ attachToEvents: true }), RequestContext.with(ada))
      yield* Events.flush
      const events = (yield* posthog.events).filter(({ event }) => event !== "$feature_flag_called")
      deepStrictEqual(
        events.map(({ properties }) => Object.keys(properties).filter((name) => name.startsWith("$feature/"))),
        [["$feature/pricing"], ["$feature/other"], []]
      )
    }).pipe(Effect.provide(layer))
  })

  /** The flags on the events of a request, by the name of the event. */
  const attachedIn = <E, R>(request: Effect.Effect<unknown, E, R>) =>
    Effect.gen(function*() {
      const posthog = yield* PostHogTest.PostHogTest
      yield* RequestContext.with(request, ada)
      yield* Events.flush
      const events = (yield* posthog.events).filter(({ event }) => event !== "$feature_flag_called")
      return Object.fromEntries(
        events.map(({ event, properties }) => [
          event,
          Object.fromEntries(
            Object.entries(properties).filter(([name]) => /^\$(feature\/|active_feature_flags)/.test(name))
          )
        ])
      )
    })

  it.effect("attaches what was read of each evaluation of a person", () => {
    const { layer } = counting()
    return Effect.gen(function*() {
      const { beta, pricing } = flags
      const request = Effect.gen(function*() {
        yield* (yield* RequestFlags.of({ beta })).flags.beta
        yield* (yield* RequestFlags.of({ price: pricing })).flags.price
        yield* Events.capture({ event: "both" })
        const grace = yield* RequestContext.with(RequestFlags.of({ beta }), { distinctId: "grace" })
        yield* grace.flags.beta
        yield* Events.capture({ event: "grace's", distinctId: "grace" })
        yield* Events.capture({ event: "ada's", distinctId: "ada" })
      })
      const both = {
        "$feature/beta": true,
        "$feature/pricing": "annual",
        $active_feature_flags: ["beta", "pricing"]
      }
      deepStrictEqual(
        yield* attachedIn(RequestFlags.scopedWith({ flags: [beta], attachToEvents: true })(request)),
        { both, "grace's": { "$feature/beta": true, $active_feature_flags: ["beta"] }, "ada's": both }
      )
    }).pipe(Effect.provide(layer), Effect.provide(Logger.layer([])))
  })

  it.effect("attaches what was read while PostHog did not answer", () => {
    const { layer } = counting(Effect.fail(new DeciderError({ reason: "Timeout" })))
    return Effect.gen(function*() {
      const request = Effect.gen(function*() {
        const partial = yield* Flags.orPartial(RequestFlags.of(flags))
        strictEqual(yield* partial.flags.beta, true)
        yield* Events.capture({ event: "in an outage" })
      })
      deepStrictEqual(yield* attachedIn(RequestFlags.scopedWith({ attachToEvents: true })(request)), {
        "in an outage": { "$feature/beta": true, $active_feature_flags: ["beta"] }
      })
    }).pipe(
      Effect.provide(Layer.provideMerge(FlagOverrides.layer({ beta: true }), layer)),
      Effect.provide(Logger.layer([]))
    )
  })

  it.effect("outside a request is a plain evaluation", () => {
    const { asked, layer } = counting()
    return Effect.gen(function*() {
      yield* RequestContext.with(Effect.andThen(RequestFlags.get, RequestFlags.of(flags)), ada)
      deepStrictEqual(asked, ["ada", "ada"])
    }).pipe(Effect.provide(layer))
  })
})
