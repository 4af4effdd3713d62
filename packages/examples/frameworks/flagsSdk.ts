import { PostHogServer } from "@effect-posthog/testkit"
import { Effect } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import type { Adapter } from "flags"
import { strict as assert } from "node:assert"

// #region adapter
type Entities = PostHogPromise.PromiseEvaluationRequest

interface AdapterOptions {
  /** Reads without exposures, for `precompute`: it evaluates flags that the page may never show. */
  readonly silent?: boolean
}

const adaptersOf = (posthog: PostHogPromise.PromiseClient, { silent = false }: AdapterOptions = {}) => {
  type Snapshot = PostHogPromise.PromiseSnapshot
  const adapter = <Value>(read: (flags: Snapshot, key: string) => unknown) => {
    // Flags of one adapter are evaluated together.
    const adapterId = Symbol("effect-posthog")
    const evaluate = (keys: ReadonlyArray<string>, entities: Entities = {}) =>
      posthog.evaluateFlags({ ...entities, flagKeys: keys })
    // `undefined` means to the SDK: take the default value of the flag.
    return (): Adapter<Value, Entities> => ({
      adapterId,
      decide: async ({ entities, key }) => read(await evaluate([key], entities), key) as Value,
      bulkDecide: async ({ entities, flags }) => {
        const snapshot = await evaluate(flags.map(({ key }) => key), entities)
        return Object.fromEntries(flags.map(({ key }) => [key, read(snapshot, key) as Value]))
      }
    })
  }
  return {
    value: adapter<boolean | string>((flags, key) => silent ? flags.detail(key)?.value : flags.getFlag(key)),
    payload: adapter<unknown>((flags, key) => flags.getFlagPayload(key))
  }
}
// #endregion

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* Effect.promise(async () => {
    const posthog = PostHogPromise.make({ apiKey: "phc_test", host: server.url })
    const request = { headers: new Headers() as never, cookies: new Map() as never }
    const loud = adaptersOf(posthog).value()
    const silent = adaptersOf(posthog, { silent: true }).value()
    const entities = { distinctId: "ada", groups: { company: "acme" } }
    const flags = [{ key: "pricing" }, { key: "new-checkout" }, { key: "missing", defaultValue: false }]
    assert.deepEqual(await silent.bulkDecide?.({ ...request, entities, flags }), {
      pricing: "annual",
      "new-checkout": true,
      missing: undefined
    })
    assert.equal(await loud.decide({ ...request, entities, key: "pricing" }), "annual")
    assert.equal(await loud.decide({ ...request, entities: { distinctId: "grace" }, key: "missing" }), undefined)
    await posthog.shutdown()
  })
  const requests = yield* server.flagRequests
  assert.equal(requests.length, 3)
  const exposures = (yield* server.events).map(({ distinct_id, properties }) => [
    distinct_id,
    properties["$feature_flag"]
  ])
  assert.deepEqual(exposures, [["ada", "pricing"], ["grace", "missing"]])
})

await Effect.runPromise(
  Effect.provide(program, PostHogServer.layer({ remoteFlags: { "new-checkout": true, pricing: "annual" } }))
)
