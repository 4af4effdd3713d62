import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted } from "effect"
import { evaluateFlags, Events, Flag, Flags, PostHog } from "effect-posthog"

const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))

// The application: evaluate once, branch on the snapshot, capture with the snapshot.
const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "user-17", personProperties: { plan: "scale" } }).pipe(
    Flags.orPartial
  )
  const total = (yield* flags.get(newCheckout)) ? 39 : 42
  yield* Events.capture({ event: "checkout finished", distinctId: "user-17", properties: { total }, flags })
  yield* Console.log(`total: ${total}`)
})

// What you would set up in PostHog: a flag that is on for everyone on the plan "scale".
const definitions = {
  flags: [{
    key: "new-checkout",
    active: true,
    filters: {
      groups: [{
        properties: [{ key: "plan", type: "person", operator: "exact", value: "scale" }],
        rollout_percentage: 100
      }]
    }
  }]
}

// PostHog in this process, over real HTTP, and a client that is pointed at it.
const PostHogLive = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }))
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ definitions }))
)

const program = Effect.gen(function*() {
  yield* checkout
  yield* Events.flush
  const server = yield* PostHogServer.PostHogServer
  for (const { event, properties } of yield* server.events) {
    yield* Console.log(`PostHog got "${event}" with new-checkout = ${properties["$feature/new-checkout"]}`)
  }
})

program.pipe(Effect.provide(PostHogLive), NodeRuntime.runMain)
