import { make } from "@effect-posthog/openfeature"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as SDK from "@openfeature/server-sdk"
import { Effect } from "effect"
import * as Flags from "./support/flags.ts"
import { bind, logs, remote } from "./support/openFeature.ts"

const ada = { targetingKey: "ada" }

const server = remote({ definitions: Flags.document(Flags.on("known")) }, { flags: { maxRetries: 0 } })

const other = () =>
  new SDK.InMemoryProvider({
    known: { variants: { no: false }, defaultVariant: "no", disabled: false },
    elsewhere: { variants: { yes: true }, defaultVariant: "yes", disabled: false }
  })

// Older versions of the SDK have none.
const hasMultiProvider = "MultiProvider" in SDK

describe.skipIf(!hasMultiProvider)("the first provider that has the flag", () => {
  it.live("is the next one for a key that PostHog does not have, and for no other reason", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      const { client } = yield* bind(
        new SDK.MultiProvider([{ provider: yield* make() }, { provider: other() }])
      )
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("elsewhere", false, ada)), true)
      yield* always("flags", Fault.status(503))
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
      deepStrictEqual([details.value, details.errorCode], [true, "GENERAL"])
      const elsewhere = yield* Effect.promise(() => client.getBooleanDetails("elsewhere", false, ada))
      deepStrictEqual([elsewhere.value, elsewhere.errorCode], [false, "GENERAL"])
    }).pipe(Effect.scoped, Effect.provide(server), logs("status 503")))
})

describe("hooks", () => {
  it.live("see the context, the details and the errors of a resolution", () =>
    Effect.gen(function*() {
      const { client } = yield* Effect.flatMap(make(), bind)
      const seen: Array<unknown> = []
      client.addHooks({
        before: () => ({ targetingKey: "ada" }),
        after: (_, details) => void seen.push(["after", details.value, details.reason]),
        error: (_, error) => void seen.push(["error", (error as { readonly code?: unknown }).code]),
        finally: ({ context }) => void seen.push(["finally", context.targetingKey])
      })
      yield* Effect.promise(() => client.getBooleanValue("known", false))
      yield* Effect.promise(() => client.getBooleanValue("absent", false))
      deepStrictEqual(seen, [
        ["after", true, "TARGETING_MATCH"],
        ["finally", "ada"],
        ["error", "FLAG_NOT_FOUND"],
        ["finally", "ada"]
      ])
    }).pipe(Effect.scoped, Effect.provide(server)))
})
