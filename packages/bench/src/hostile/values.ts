import { Decider, DedupCache, evaluateFlags, EventQueue, LocalEvaluator } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"

/** Every operator, each with a value it works on. */
const operators: ReadonlyArray<readonly [operator: string, value: unknown]> = [
  ["exact", "pro"],
  ["is_not", ["pro", "free"]],
  ["is_set", "is_set"],
  ["is_not_set", "is_not_set"],
  ["icontains", "pro"],
  ["not_icontains", "pro"],
  ["starts_with", "pro"],
  ["not_starts_with", "pro"],
  ["ends_with", "pro"],
  ["not_ends_with", "pro"],
  ["icontains_multi", ["pro", "free"]],
  ["not_icontains_multi", ["pro", "free"]],
  ["regex", "pro.*free"],
  ["not_regex", "^[a-z]+$"],
  ["gt", 5],
  ["gte", 5],
  ["lt", 5],
  ["lte", 5],
  ["between", [1, 5]],
  ["not_between", [1, 5]],
  ["is_date_before", "2024-01-01"],
  ["is_date_after", "2024-01-01"],
  ["is_date_exact", "-7d"],
  ["semver_eq", "1.2.3"],
  ["semver_neq", "1.2.3"],
  ["semver_gt", "1.2.3"],
  ["semver_gte", "1.2.3"],
  ["semver_lt", "1.2.3"],
  ["semver_lte", "1.2.3"],
  ["semver_tilde", "1.2.3"],
  ["semver_caret", "1.2.3"],
  ["semver_wildcard", "1.*"],
  ["in", 1],
  ["not_in", 1]
]

const list = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

/** Values of about so many bytes as JSON. */
const values: Readonly<Record<string, (bytes: number) => unknown>> = {
  text: (bytes) => "x".repeat(bytes),
  digits: (bytes) => "1".repeat(bytes),
  "array of texts": (bytes) => list(bytes / 10, (index) => `text-${index % 100}`),
  "array of numbers": (bytes) => list(bytes / 2, () => 1),
  "nested arrays": (bytes) => list(bytes / 100, () => list(33, () => [])),
  object: (bytes) => Object.fromEntries(list(bytes / 14, (index) => [`key-${index}`, 1]))
}

const sizes: Readonly<Record<string, number>> = {
  "1 kB": 1e3,
  "10 kB": 1e4,
  "100 kB": 1e5,
  "1 MB": 1e6,
  "10 MB": 1e7,
  "100 MB": 1e8
}

const inShort: ReadonlySet<string> = new Set(["1 kB", "1 MB"])

const condition = (operator: string, value: unknown) => ({
  properties: [{ key: "k", type: "person", operator, value }]
})

// A condition for each operator in every flag. None of them matches, as nobody is in the rollout.
const documentOf = (flags: number) => ({
  flags: list(flags, (index) => ({
    key: `f${index}`,
    active: true,
    filters: {
      groups: operators.map(([operator, value]) => ({ ...condition(operator, value), rollout_percentage: 0 }))
    }
  })),
  cohorts: {}
})

/** The client that decides locally and nothing else. */
export const locally = (document: unknown) =>
  Layer.mergeAll(
    LocalEvaluator.layerStatic(document),
    Decider.layerNoop,
    EventQueue.layerNoop,
    DedupCache.layerNoop
  )

const evaluation = (k: unknown) =>
  Effect.map(
    evaluateFlags({ distinctId: "user-17", personProperties: { k }, onlyEvaluateLocally: true }),
    ({ keys }) => keys.length
  )

const engineOf = (value: unknown) => ({
  "JSON.stringify": () => JSON.stringify(value),
  ...(typeof value === "object" && value !== null && !Array.isArray(value)
    ? { "Object.keys": () => Object.keys(value) }
    : {})
})

const attack: Attack = {
  kind: "D1",
  name: `values of every type and size against ${operators.length} operators in each of 1, 20 and 1,000 flags`,
  run: async (meter, short) => {
    const tally = new Tally()
    for (const flags of short ? [20, 1000] : [1, 20, 1000]) {
      await Effect.gen(function*() {
        const services = yield* Effect.context<Layer.Layer.Success<ReturnType<typeof locally>>>()
        for (const [size, bytes] of Object.entries(sizes)) {
          if (short && !inShort.has(size)) continue
          for (const [type, make] of Object.entries(values)) {
            const value = make(bytes)
            const part = `${flags} flags, ${type} of ${size}`
            const decided = yield* Effect.promise(() =>
              meter.measure(
                part,
                () => Effect.runPromise(Effect.provide(evaluation(value), services)),
                { ...(bytes > 1e7 ? { times: 1, repeats: false } : {}), engine: engineOf(value) }
              )
            )
            tally.holds.push({ type, size, flags, turn: meter.last })
            tally.count(decided === 0 ? "all left to the server" : decided < flags ? "some decided" : "all decided")
          }
        }
        // Many requests at once take turns by their work.
        const value = list(1000, (index) => `text-${index}`)
        yield* Effect.promise(() =>
          meter.measure(`${flags} flags, 100 evaluations at once of a thousand texts`, () =>
            Effect.runPromise(
              Effect.forEach(list(100, () => value.slice()), evaluation, { concurrency: "unbounded", discard: true })
                .pipe(Effect.provide(services))
            ))
        )
        tally.count("100 evaluations at once")
      }).pipe(Effect.provide(locally(documentOf(flags))), Effect.runPromise)
    }
    return tally
  }
}

export default attack
