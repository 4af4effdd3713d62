import { PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { EvaluationContext } from "@openfeature/server-sdk"
import { Effect } from "effect"
import * as Flags from "./support/flags.ts"
import { bound, exposures, local, remote, says } from "./support/openFeature.ts"

const asked = (context: EvaluationContext) =>
  Effect.gen(function*() {
    const { flagRequests } = yield* PostHogServer.PostHogServer
    const { client } = yield* bound()
    const details = yield* Effect.promise(() => client.getBooleanDetails("beta", false, context))
    const body = (yield* flagRequests).at(-1)?.body
    return { details, body }
  })

const server = remote({ remoteFlags: { beta: true } })

// What untyped callers pass.
const untyped = (context: unknown) => context as EvaluationContext

describe("the evaluation context", () => {
  it.live("is the person, the device, the groups and their properties", () =>
    Effect.gen(function*() {
      const context = {
        targetingKey: "ada",
        deviceId: "device-1",
        groups: { company: "acme", team: 7 },
        groupProperties: { company: { since: new Date(0), seats: 12 } },
        plan: "pro",
        age: 36,
        admin: true,
        signedUp: new Date("2026-01-02T03:04:05.678Z"),
        address: { city: "Paris", moved: [new Date(1), null] },
        nickname: null,
        missing: untyped(undefined)
      }
      const { body, details } = yield* asked(untyped(context))
      strictEqual(details.value, true)
      strictEqual(body?.distinct_id, "ada")
      deepStrictEqual(body?.groups, { company: "acme", team: 7 })
      deepStrictEqual(body?.group_properties, {
        company: { $group_key: "acme", since: "1970-01-01T00:00:00.000Z", seats: 12 },
        team: { $group_key: 7 }
      })
      const { $device_id: _, ...person } = { ...body?.person_properties }
      deepStrictEqual(person, {
        plan: "pro",
        age: 36,
        admin: true,
        signedUp: "2026-01-02T03:04:05.678Z",
        address: { city: "Paris", moved: ["1970-01-01T00:00:00.001Z", null] },
        nickname: null
      })
      strictEqual(Object.keys(context).length, 11)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("is read by its own fields alone, whatever they are called", () =>
    Effect.gen(function*() {
      const context: Record<string, unknown> = Object.create({ inherited: "no" })
      context["targetingKey"] = "ada"
      Object.defineProperty(context, "__proto__", { value: "own", enumerable: true })
      Object.defineProperty(context, "hidden", { value: "no", enumerable: false })
      const cyclic: Record<string, unknown> = { born: new Date(0) }
      cyclic["self"] = cyclic
      context["cyclic"] = cyclic
      const { body, details } = yield* asked(untyped(context))
      strictEqual(details.value, true)
      const person = { ...body?.person_properties }
      assert(!("inherited" in person))
      assert(!("hidden" in person))
    }).pipe(Effect.scoped, Effect.provide(server)))

  const unusable: ReadonlyArray<readonly [context: unknown, code: string, named: string]> = [
    [{}, "TARGETING_KEY_MISSING", "targeting key"],
    [{ targetingKey: "" }, "TARGETING_KEY_MISSING", "targeting key"],
    [{ targetingKey: null }, "TARGETING_KEY_MISSING", "targeting key"],
    [{ targetingKey: 17 }, "INVALID_CONTEXT", "targetingKey"],
    [{ targetingKey: "ada", deviceId: 5 }, "INVALID_CONTEXT", "deviceId"],
    [{ targetingKey: "ada", groups: "acme" }, "INVALID_CONTEXT", "groups"],
    [{ targetingKey: "ada", groups: ["acme"] }, "INVALID_CONTEXT", "groups"],
    [{ targetingKey: "ada", groups: { company: true } }, "INVALID_CONTEXT", "groups.company"],
    [{ targetingKey: "ada", groups: { company: Number.NaN } }, "INVALID_CONTEXT", "groups.company"],
    [{ targetingKey: "ada", groups: { company: { id: 1 } } }, "INVALID_CONTEXT", "groups.company"],
    [{ targetingKey: "ada", groupProperties: { company: "secret" } }, "INVALID_CONTEXT", "groupProperties.company"],
    [{ targetingKey: "ada", groupProperties: [] }, "INVALID_CONTEXT", "groupProperties"]
  ]

  it.live("that cannot be used is an error that names the field and no value, without a request or an exposure", () =>
    Effect.gen(function*() {
      const { flagRequests } = yield* PostHogServer.PostHogServer
      const { client, provider } = yield* bound()
      for (const [context, code, named] of unusable) {
        const details = yield* Effect.promise(() => client.getBooleanDetails("beta", true, untyped(context)))
        deepStrictEqual([details.errorCode, details.value, details.reason], [code, true, "ERROR"])
        says(details.errorMessage, named)
        assert.notInclude(details.errorMessage ?? "", "secret")
      }
      const trap = {
        targetingKey: "ada",
        get plan(): string {
          throw new Error("secret")
        }
      }
      const details = yield* Effect.promise(() => provider.resolveBooleanEvaluation("beta", true, trap, console))
      deepStrictEqual([details.errorCode, details.value], ["INVALID_CONTEXT", true])
      assert.notInclude(details.errorMessage ?? "", "secret")
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(yield* flagRequests, [])
      deepStrictEqual(yield* exposures, [])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("leaves out groups and properties that are null", () =>
    Effect.gen(function*() {
      const { body } = yield* asked(untyped({
        targetingKey: "ada",
        deviceId: null,
        groups: { company: null, team: "a" },
        groupProperties: null
      }))
      deepStrictEqual(body?.groups, { team: "a" })
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("needs no targeting key where there is a default", () =>
    Effect.gen(function*() {
      const { flagRequests } = yield* PostHogServer.PostHogServer
      const { client } = yield* bound({ defaultDistinctId: "anybody" })
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("beta", false, { targetingKey: "" })), true)
      strictEqual((yield* flagRequests)[0]?.body.distinct_id, "anybody")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("means the same to local evaluation, dates included", () =>
    Effect.gen(function*() {
      const { client } = yield* bound()
      const value = yield* Effect.promise(() =>
        client.getBooleanValue("exact", false, { targetingKey: "ada", since: new Date("2026-01-02T00:00:00.000Z") })
      )
      strictEqual(value, true)
    }).pipe(
      Effect.scoped,
      Effect.provide(local({
        definitions: Flags.document(Flags.whose("exact", "since", "2026-01-02T00:00:00.000Z"))
      }))
    ))
})
