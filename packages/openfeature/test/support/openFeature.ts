import { make } from "@effect-posthog/openfeature"
import type { PostHogProvider, ProviderOptions } from "@effect-posthog/openfeature"
import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { assert } from "@effect/vitest"
import { OpenFeature } from "@openfeature/server-sdk"
import type { Client, Provider } from "@openfeature/server-sdk"
import { Effect, Layer, Logger, Redacted } from "effect"
import { PostHog } from "effect-posthog"

/** Asserts that the effect logs lines with these words. What it logs is not printed. */
export const logs =
  (...expected: ReadonlyArray<string>) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push([message].flat().join(" ")))
      return self.pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Effect.tap(() => {
          for (const words of expected) assert.include(lines.join("\n"), words)
        })
      )
    })

let domains = 0

/** The API of the SDK is one for the whole process: each test has a domain of its own. */
export const nextDomain = (): string => `domain ${++domains}`

// Older versions of the SDK drop the message of an error that a provider returns.
const keepsMessages = process.env["OPENFEATURE_SDK"] === undefined

/** The message of an error that came through the SDK says this. */
export const says = (message: string | undefined, text: string): void => {
  if (keepsMessages || message !== undefined && message !== "") assert.include(message ?? "", text)
}

/** What a test has in its hands. */
export interface Bound {
  readonly client: Client
  readonly domain: string
}

export const bind = <P extends Provider>(provider: P): Effect.Effect<Bound & { readonly provider: P }> =>
  Effect.promise(async () => {
    const domain = nextDomain()
    await OpenFeature.setProviderAndWait(domain, provider)
    return { client: OpenFeature.getClient(domain), domain, provider }
  })

/** A client of the real SDK over a provider made from the services of the test. */
export const bound = (options: ProviderOptions = {}) => Effect.flatMap(make(options), (provider) => bind(provider))

export type Options = Partial<PostHog.Options>

/** PostHog's services, pointed at the server of the test. */
const services = (options: Options = {}) =>
  Layer.unwrapEffect(
    Effect.map(PostHogServer.PostHogServer, ({ url }) =>
      PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url, ...options }))
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** The services with local evaluation, and the server. */
export const local = (server: PostHogServer.Options, options: Options = {}) =>
  Layer.provideMerge(services({ secretKey: Redacted.make("phs_test"), ...options }), PostHogServer.layer(server))

/** The services without local evaluation, and the server. */
export const remote = (server: PostHogServer.Options, options: Options = {}) =>
  Layer.provideMerge(services(options), PostHogServer.layer(server))

/** The keys of the flags whose exposure arrived at the server, in order. */
export const exposures = Effect.gen(function*() {
  const { events } = yield* PostHogServer.PostHogServer
  return (yield* events)
    .filter(({ event }) => event === "$feature_flag_called")
    .map(({ properties }) => properties["$feature_flag"])
})

export type { PostHogProvider }
