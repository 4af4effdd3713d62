import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient, FileSystem, KeyValueStore } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted } from "effect"
import {
  DedupStore,
  DefinitionsSource,
  evaluateFlags,
  EventTransport,
  LocalEvaluator,
  PostHog,
  PostHogConfig
} from "effect-posthog"

// #region health
const health = Effect.gen(function*() {
  const { status } = yield* LocalEvaluator
  const { age = Number.POSITIVE_INFINITY, flags, lastFailure, stale } = yield* status
  return { healthy: !stale && age < 10 * 60_000, flags, lastFailure: lastFailure?.message }
})
// #endregion

// #region start
const waitForDefinitions = LocalEvaluator.readyWithin("5 seconds").pipe(
  Effect.catchTag("DefinitionsError", ({ message }) => Effect.logWarning(`Starting without definitions. ${message}`))
)
// #endregion

// #region stored
const source = (directory: string) =>
  DefinitionsSource.layerPersisted(DefinitionsSource.layerHttp).pipe(
    Layer.provide(KeyValueStore.layerFileSystem(directory))
  )

// What `PostHog.layer` is, with another source.
const clientOver = (options: PostHog.Options, directory: string) =>
  PostHog.layerServices.pipe(
    Layer.provide([EventTransport.layer, DedupStore.layerMemory, source(directory)]),
    Layer.provide(PostHogConfig.layer(options)),
    Layer.provide(FetchHttpClient.layer)
  )
// #endregion

// What you would set up in PostHog: a flag that is on for everybody.
const definitions = {
  flags: [{ key: "checkout", active: true, filters: { groups: [{ properties: [], rollout_percentage: 100 }] } }]
}

// One life of an application.
const application = Effect.gen(function*() {
  yield* waitForDefinitions
  const { keys } = yield* evaluateFlags({ distinctId: "user-17", onlyEvaluateLocally: true })
  yield* Console.log(`flags: ${keys.join(", ")}`, yield* health)
})

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.make({ definitions })
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const options: PostHog.Options = {
    apiKey: Redacted.make("phc_test"),
    secretKey: Redacted.make("phs_test"),
    host: server.url
  }
  const run = Effect.provide(application, clientOver(options, directory))

  yield* run
  // A restart while PostHog is down: the flags of the last run, marked stale.
  yield* server.always("definitions", Fault.status(503))
  yield* run
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
