// Generated from packages/testkit/test/server/definitionsEndpoint.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { assertSome, deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as Client from "../support/client.ts"

const document = {
  flags: [{ id: 1, key: "new-editor", active: true, filters: { groups: [{ rollout_percentage: 100 }] } }],
  group_type_mapping: {},
  cohorts: {}
}

describe("GET /flags/definitions", () => {
  it.live("serves the document with a weak ETag to those who know the secret", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const answer = yield* Client.definitions()
      strictEqual(answer.status, 200)
      deepStrictEqual(answer.json, document)
      assert.match(answer.headers["etag"] ?? "", /^W\/".+"$/)
      const [request] = yield* server.definitionRequests
      strictEqual(request?.path, "/flags/definitions")
      deepStrictEqual(request?.query, { token: "phc_test", send_cohorts: "" })
      strictEqual(request?.headers["authorization"], "Bearer phs_test")
      assertSome(request!.status, 200)
    }).pipe(Effect.provide(Client.serverAndClient({ definitions: document }))))

  it.live("answers 304 to the current ETag, and a new document to an older one", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const etag = (yield* Client.definitions()).headers["etag"]!
      const unchanged = yield* Client.definitions({ "if-none-match": etag })
      strictEqual(unchanged.status, 304)
      strictEqual(unchanged.text, "")
      yield* server.setDefinitions({ ...document, flags: [] })
      const changed = yield* Client.definitions({ "if-none-match": etag })
      strictEqual(changed.status, 200)
      deepStrictEqual(changed.json.flags, [])
      assert.notStrictEqual(changed.headers["etag"], etag)
    }).pipe(Effect.provide(Client.serverAndClient({ definitions: document }))))

  it.live("refuses a wrong secret and a wrong token with a 401", () =>
    Effect.gen(function*() {
      const wrongSecret = yield* Client.definitions({ authorization: "Bearer phs_other" })
      const withoutToken = yield* Client.get("/flags/definitions", { authorization: "Bearer phs_test" })
      strictEqual(withoutToken.status, 200)
      const wrongToken = yield* Client.get("/flags/definitions?token=phc_other", { authorization: "Bearer phs_test" })
      deepStrictEqual([wrongSecret.status, wrongToken.status], [401, 401])
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("answers 404 to what is no endpoint, and records it", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      strictEqual((yield* Client.get("/decide")).status, 404)
      const [request] = yield* server.requests
      strictEqual(request?.endpoint, "other")
      strictEqual(request?.body, undefined)
    }).pipe(Effect.provide(Client.serverAndClient())))
})
