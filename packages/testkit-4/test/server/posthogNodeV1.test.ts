// Generated from packages/testkit/test/server/posthogNodeV1.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault } from "@effect-posthog/testkit-4"
import { afterAll, beforeAll, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import { PostHog } from "posthog-node"
import * as Client from "../support/client.ts"

describe("posthog-node in V1 mode against the server", () => {
  // posthog-node takes the protocol from the environment alone. Other files run in the same process.
  beforeAll(() => {
    process.env["POSTHOG_CAPTURE_MODE"] = "v1"
  })
  afterAll(() => {
    delete process.env["POSTHOG_CAPTURE_MODE"]
  })

  it.live("has its requests accepted, and sends again what it is told to", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("events", Fault.results(["ok", "retry"]))
      const posthog = yield* Effect.acquireRelease(
        Effect.sync(() => new PostHog("phc_test", { host: server.url, flushAt: 1000, fetchRetryDelay: 1 })),
        (posthog) => Effect.promise(() => posthog.shutdown())
      )
      posthog.capture({ distinctId: "ada", event: "first" })
      posthog.capture({ distinctId: "ada", event: "second" })
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual((yield* server.awaitEvents(2)).map(({ event, route }) => [event, route]), [
        ["first", "events"],
        ["second", "events"]
      ])
      const requests = yield* server.eventsRequests
      deepStrictEqual(requests.map(({ body }) => body.batch.length), [2, 1])
      strictEqual(requests[0]?.headers["posthog-request-id"], requests[1]?.headers["posthog-request-id"])
    }).pipe(Effect.scoped, Effect.provide(Client.serverAndClient())))

  it.live("sends AI events to their own route", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const posthog = yield* Effect.acquireRelease(
        Effect.sync(() => new PostHog("phc_test", { host: server.url, flushAt: 1000 })),
        (posthog) => Effect.promise(() => posthog.shutdown())
      )
      posthog.captureAi({ distinctId: "ada", event: "$ai_generation" })
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual((yield* server.awaitEvents(1)).map(({ route }) => route), ["ai"])
    }).pipe(Effect.scoped, Effect.provide(Client.serverAndClient())))
})
