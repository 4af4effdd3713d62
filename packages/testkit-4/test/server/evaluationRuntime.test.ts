// Generated from packages/testkit/test/server/evaluationRuntime.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { type PostHogServer, PostHogTest } from "@effect-posthog/testkit-4"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual } from "../support/assertions.ts"
import { Effect, Layer, Redacted } from "effect"
import { evaluateFlags, PostHog } from "effect-posthog"
import { PostHog as PostHogNode } from "posthog-node"
import * as Client from "../support/client.ts"

const flag = (key: string, evaluation_runtime?: unknown) => ({
  key,
  active: true,
  ...(evaluation_runtime === undefined ? {} : { evaluation_runtime }),
  filters: { groups: [{ properties: [], rollout_percentage: 100 }] }
})

const definitions = {
  flags: [
    flag("unset"),
    flag("null", null),
    flag("unknown", "elsewhere"),
    flag("all", "all"),
    flag("client", "client"),
    flag("server", "server")
  ]
}

const remoteFlags: NonNullable<PostHogServer.Options["remoteFlags"]> = {
  decided: true,
  "decided-client": { value: true, runtime: "client" },
  "decided-server": { value: "a", runtime: "server" }
}

const withServer = Effect.provide(Client.serverAndClient({ definitions, remoteFlags }))

const forAll = ["all", "decided", "null", "unknown", "unset"]
const forServers = ["all", "decided", "decided-server", "null", "server", "unknown", "unset"]
const forClients = ["all", "client", "decided", "decided-client", "null", "unknown", "unset"]

const posthogNode = Effect.flatMap(Client.server, ({ url }) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new PostHogNode("phc_test", { host: url })),
    (posthog) => Effect.promise(() => posthog.evaluateFlags("ada")),
    (posthog) => Effect.promise(() => posthog.shutdown())
  ))

const ours = (client: Layer.Layer<HttpClient.HttpClient>) =>
  Effect.flatMap(
    Client.server,
    ({ url }) =>
      evaluateFlags({ distinctId: "ada" }).pipe(
        Effect.provide(Layer.provide(PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }), client))
      )
  )

const clients = { fetch: FetchHttpClient.layer, "node:http": NodeHttpClient.layerNodeHttp, // The undici that comes with Effect 4 needs Node 22.
  ...(process.versions.node.startsWith("20.") ? {} : { undici: NodeHttpClient.layerUndici }) }

const keysFor = (body: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>>) =>
  Effect.map(
    Client.post("/flags/?v=2", { token: "phc_test", distinct_id: "ada", ...body }, headers),
    ({ json }) => Object.keys(json.flags).sort()
  )

describe("the runtime of flags", () => {
  it.live("gives this library over each HTTP client what it gives posthog-node", () =>
    Effect.gen(function*() {
      const expected = yield* posthogNode
      deepStrictEqual(expected.keys.sort(), forServers)
      for (const [name, client] of Object.entries(clients)) {
        deepStrictEqual([name, (yield* ours(client)).keys], [name, forServers])
      }
    }).pipe(withServer))

  it.live("takes the request's own word first", () =>
    Effect.gen(function*() {
      const browser = { "user-agent": "Mozilla/5.0", origin: "https://example.com" }
      const asked = (runtime: unknown) => keysFor({ evaluation_runtime: runtime }, browser)
      deepStrictEqual(yield* asked("server"), forServers)
      deepStrictEqual(yield* asked("SERVER"), forServers)
      deepStrictEqual(yield* asked("client"), forClients)
      const everything = [...new Set([...forServers, ...forClients])].sort()
      deepStrictEqual(yield* asked("all"), everything)
      deepStrictEqual(yield* asked("elsewhere"), everything)
      deepStrictEqual(yield* asked(null), forClients)
    }).pipe(withServer))

  it.live("recognizes user agents, then headers that only browsers send, and gives the rest what is for all", () =>
    Effect.gen(function*() {
      const agents: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        ["posthog-node/5.0.0", forServers],
        ["posthog-python/3.0.0 (Linux)", forServers],
        ["curl/8.0.0", forServers],
        ["python-requests/2.28.0", forServers],
        ["posthog-js/1.0.0", forClients],
        ["posthog-react-native/2.0.0", forClients],
        ["Mozilla/5.0 (X11; Linux x86_64)", forClients],
        ["posthog-elsewhere/1.0.0", forAll],
        ["posthog-node", forAll],
        ["effect-posthog/3.0.0", forAll],
        ["undici", forAll]
      ]
      // Not over fetch, which sends headers of browsers by itself.
      const asked = (headers: Readonly<Record<string, string>>) =>
        Effect.provide(keysFor({}, headers), NodeHttpClient.layerNodeHttp)
      for (const [agent, expected] of agents) {
        deepStrictEqual([agent, yield* asked({ "user-agent": agent })], [agent, expected])
      }
      for (const name of ["origin", "referer", "sec-fetch-mode", "sec-fetch-site"]) {
        deepStrictEqual([name, yield* asked({ "user-agent": "mine", [name]: "x" })], [name, forClients])
        deepStrictEqual([name, yield* asked({ "user-agent": "curl/8", [name]: "x" })], [name, forServers])
      }
    }).pipe(withServer))

  it.live("does not filter what a flag depends on", () =>
    Effect.gen(function*() {
      const dependent = {
        ...flag("dependent"),
        filters: {
          groups: [{
            properties: [{
              key: "client",
              type: "flag",
              operator: "flag_evaluates_to",
              value: true,
              dependency_chain: ["client"]
            }]
          }]
        }
      }
      const server = yield* Client.server
      yield* server.setDefinitions({ flags: [flag("client", "client"), dependent] })
      yield* server.setRemoteFlags({})
      const { flags } = (yield* Client.flags({ evaluation_runtime: "server" })).json
      deepStrictEqual(Object.keys(flags), ["dependent"])
      deepStrictEqual(flags.dependent.enabled, true)
    }).pipe(withServer))
})

describe("the runtime of flags, in memory", () => {
  it.effect("is that of a server", () =>
    Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: "ada" })
      deepStrictEqual(flags.keys, ["decided", "decided-server"])
    }).pipe(Effect.provide(PostHogTest.layer({ flags: remoteFlags }))))
})
