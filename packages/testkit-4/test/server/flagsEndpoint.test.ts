// Generated from packages/testkit/test/server/flagsEndpoint.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as Client from "../support/client.ts"

describe("POST /flags/: the request", () => {
  it.live("refuses a body without a token, with a wrong one, without a distinct id, and what is no JSON object", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.all([
        Client.post("/flags/?v=2", { distinct_id: "ada" }),
        Client.flags({ token: "phc_other" }),
        Client.flags({ distinct_id: "" }),
        Client.post("/flags/?v=2", []),
        Client.post("/flags/?v=2", "{")
      ])
      deepStrictEqual(answers.map((answer) => answer.status), [400, 401, 400, 400, 400])
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("is recorded, typed", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* Client.flags({ groups: { workspace: 7 }, flag_keys_to_evaluate: ["beta"] })
      const [request] = yield* server.flagRequests
      strictEqual(request?.query["v"], "2")
      strictEqual(request?.body.distinct_id, "ada")
      deepStrictEqual(request?.body.groups, { workspace: 7 })
      deepStrictEqual(request?.body.flag_keys_to_evaluate, ["beta"])
      assert.isAbove(request?.bodyBytes ?? 0, 50)
    }).pipe(Effect.provide(Client.serverAndClient())))
})

describe("POST /flags/: flags decided by hand", () => {
  const remoteFlags = {
    beta: true,
    off: false,
    pricing: { value: "annual", payload: { months: 12 }, id: 7, version: 3, hasExperiment: true },
    greeting: { value: true, payload: "hello", reason: { code: "condition_match", description: "By hand" } },
    own: (request: { readonly distinct_id: string }) => request.distinct_id === "ada"
  }
  const withServer = Effect.provide(Client.serverAndClient({ remoteFlags }))

  it.live("have the current answer shape", () =>
    Effect.gen(function*() {
      const { json } = yield* Client.flags()
      deepStrictEqual(json.flags.pricing, {
        key: "pricing",
        enabled: true,
        variant: "annual",
        reason: { code: "condition_match", description: "Matched condition set 1", condition_index: 0 },
        metadata: { id: 7, version: 3, payload: "{\"months\":12}", has_experiment: true }
      })
      deepStrictEqual(json.flags.off.reason, {
        code: "no_condition_match",
        description: "No matching condition set",
        condition_index: null
      })
      strictEqual(json.flags.greeting.metadata.payload, "\"hello\"")
      strictEqual(json.flags.greeting.reason.description, "By hand")
      strictEqual(json.errorsWhileComputingFlags, false)
      assert.match(json.requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.isNumber(json.evaluatedAt)
      assert.notProperty(json, "quotaLimited")
      assert.notProperty(json, "minimalFlagCalledEvents")
    }).pipe(withServer))

  it.live("may depend on the request", () =>
    Effect.gen(function*() {
      strictEqual((yield* Client.flags()).json.flags.own.enabled, true)
      strictEqual((yield* Client.flags({ distinct_id: "grace" })).json.flags.own.enabled, false)
    }).pipe(withServer))

  it.live("are scoped to the requested keys", () =>
    Effect.gen(function*() {
      const { json } = yield* Client.flags({ flag_keys_to_evaluate: ["beta", "unknown"] })
      deepStrictEqual(Object.keys(json.flags), ["beta"])
    }).pipe(withServer))

  it.live("come in the older shape when asked for", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setFlagsShape("v3")
      const { json } = yield* Client.flags({ flag_keys_to_evaluate: ["beta", "off", "pricing"] })
      deepStrictEqual(json.featureFlags, { beta: true, off: false, pricing: "annual" })
      deepStrictEqual(json.featureFlagPayloads, { pricing: "{\"months\":12}" })
      assert.notProperty(json, "flags")
    }).pipe(withServer))
})
