// Generated from packages/testkit/test/server/otherEndpoints.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import { PostHog } from "posthog-node"
import * as Client from "../support/client.ts"

const bearer = { authorization: "Bearer phc_test" }

describe("POST /i/v1/{logs,metrics,traces}", () => {
  const signals = { logs: "resourceLogs", metrics: "resourceMetrics", traces: "resourceSpans" } as const

  for (const [signal, field] of Object.entries(signals)) {
    it.live(`records ${signal}, and refuses wrong keys and bodies`, () =>
      Effect.gen(function*() {
        const server = yield* Client.server
        const body = { [field]: [{ scopeLogs: [] }] }
        const path = `/i/v1/${signal}`
        const accepted = yield* Client.post(path, body, bearer)
        deepStrictEqual([accepted.status, accepted.json], [200, { partialSuccess: {} }])
        deepStrictEqual(
          yield* Effect.all([
            Client.post(path, body),
            Client.post(path, body, { authorization: "Bearer phs_test" }),
            Client.post(path, { [field]: {} }, bearer),
            Client.post(path, "{", bearer),
            Client.post(path, body, { ...bearer, "content-type": "application/x-protobuf" })
          ]).pipe(Effect.map((answers) => answers.map(({ status }) => status))),
          [401, 401, 400, 400, 415]
        )
        const requests = yield* server.requestsTo(signal as keyof typeof signals)
        strictEqual(requests.length, 6)
        deepStrictEqual(requests[0]?.body, body)
      }).pipe(Effect.provide(Client.serverAndClient())))
  }
})

describe("GET remote_config", () => {
  const definitions = {
    flags: [
      { key: "settings/a b", active: true, filters: { payloads: { true: "{\"theme\":\"dark\"}" } } },
      { key: "plain", active: true, filters: {} }
    ]
  }
  const path = (key: string) => `/api/projects/@current/feature_flags/${key}/remote_config?token=phc_test`
  const secret = { authorization: "Bearer phs_test" }

  it.live("gives the payload of a flag to those who have the secret", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const answers = yield* Effect.all([
        Client.get(path("settings%2Fa%20b"), secret),
        Client.get(path("plain"), secret),
        Client.get(path("other"), secret),
        Client.get(path("plain")),
        Client.get(path("plain").replace("phc_test", "phc_other"), secret)
      ])
      deepStrictEqual(answers.map(({ status }) => status), [200, 200, 404, 401, 401])
      deepStrictEqual([answers[0].json, answers[1].json], ["{\"theme\":\"dark\"}", null])
      strictEqual((yield* server.requestsTo("remoteConfig")).length, 5)
    }).pipe(Effect.provide(Client.serverAndClient({ definitions }))))

  it.live("is what posthog-node asks", () =>
    Effect.gen(function*() {
      const { url } = yield* Client.server
      const payload = yield* Effect.acquireUseRelease(
        Effect.sync(() => new PostHog("phc_test", { host: url, secretKey: "phs_test", enableLocalEvaluation: false })),
        (posthog) => Effect.promise(() => posthog.getRemoteConfigPayload("settings%2Fa%20b")),
        (posthog) => Effect.promise(() => posthog.shutdown())
      )
      deepStrictEqual(payload, { theme: "dark" })
    }).pipe(Effect.provide(Client.serverAndClient({ definitions }))))
})
