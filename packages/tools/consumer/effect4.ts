// What an application does with the client on Effect 4: one evaluation, typed reads, an event, delivery.
import { PostHogServer } from "@effect-posthog/testkit"
import { Console, Effect, Layer, Option, Redacted, Schema } from "effect"
import { evaluateFlags, EventQueue, Events, Flag, LocalEvaluator, PostHog, RequestContext } from "effect-posthog"
import * as FetchHttpClient from "effect/http/FetchHttpClient"

const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(
  Flag.withPayload(Schema.Struct({ headline: Schema.String }))
)

const definitions = {
  flags: [{
    id: 1,
    key: "pricing",
    active: true,
    filters: {
      groups: [{ properties: [], rollout_percentage: 100, variant: "annual" }],
      multivariate: {
        variants: [{ key: "control", rollout_percentage: 50 }, { key: "annual", rollout_percentage: 50 }]
      },
      payloads: { annual: "{\"headline\":\"Yearly\"}" }
    }
  }],
  group_type_mapping: {},
  cohorts: {}
}

const client = Layer.unwrap(
  Effect.map(
    PostHogServer.PostHogServer,
    ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), secretKey: Redacted.make("phs_test"), host: url })
  )
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ definitions }))
)

const program = Effect.gen(function*() {
  yield* LocalEvaluator.readyWithin("20 seconds")
  const queue = yield* EventQueue
  const flags = yield* evaluateFlags({})
  const read = [
    Option.getOrNull(yield* flags.get(pricing)),
    Option.getOrNull(Option.map(yield* flags.payload(pricing), ({ headline }) => headline))
  ]
  const before = (yield* queue.counts).accepted
  yield* Events.capture({ event: "consumed", flags })
  yield* Events.flush
  const { accepted, delivered } = yield* queue.counts
  yield* Console.log(`read ${read.join(" ")}, delivered ${delivered - before} of ${accepted - before}`)
}).pipe(RequestContext.with({ distinctId: "ada" }), Effect.provide(client))

Effect.runPromise(program).catch((error: unknown) => {
  throw error
})
