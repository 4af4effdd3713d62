import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { LocalEvaluator, PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

export type Runtime = ManagedRuntime.ManagedRuntime<PostHog.Services, unknown>

/** The clients for HTTP that an application on Node chooses from. */
export const httpClients = { fetch: FetchHttpClient.layer, undici: NodeHttpClient.layerUndici }

/** A client of this project that talks to a loopback server and evaluates remotely. */
export const openRuntime = (
  url: string,
  options: Partial<PostHog.Options> = {},
  http: keyof typeof httpClients = "fetch"
): Runtime =>
  ManagedRuntime.make(
    PostHog.layer({ apiKey: Redacted.make("phc_bench"), host: url, ...options }).pipe(Layer.provide(httpClients[http]))
  )

/** A client of this project with its definitions loaded, which does not poll while it is measured. */
export const openLocalRuntime = async (url: string, options: Partial<PostHog.Options> = {}): Promise<Runtime> => {
  const runtime = openRuntime(url, {
    secretKey: Redacted.make("phs_bench"),
    definitions: { pollInterval: "1 hour" },
    ...options
  })
  await runtime.runPromise(Effect.flatMap(LocalEvaluator, ({ ready }) => ready))
  return runtime
}

/** Runs an effect `count` times in one fiber, as a handler of requests would: `at` gets 0, 1, 2 and so on. */
export const repeated = <E, R>(count: number, at: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    for (let index = 0; index < count; index++) yield* at(index)
  })
