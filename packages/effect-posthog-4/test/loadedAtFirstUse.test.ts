// Generated from packages/effect-posthog/test/loadedAtFirstUse.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import { assert, describe, it } from "./support/effectVitest.ts"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { loadedAtFirstUse } from "../src/internal/loadedAtFirstUse.ts"
import { Warnings } from "../src/internal/warnings.ts"

const capturingLines = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.layer([makeLogger(({ message }) => {
      lines.push(String(message))
    })])
  return Effect.map(Effect.provide(effect, logger), (result) => ({ lines, result }))
}

const doubling = (load: () => Promise<{ readonly factor: number }>) => {
  let made = 0
  const call = loadedAtFirstUse({
    load,
    make: ({ factor }) =>
      Effect.sync(() => {
        made += 1
        const number = made
        return (value: number) => Effect.succeed({ product: value * factor, made: number })
      }),
    notLoaded: () => Effect.succeed({ product: 0, made: 0 }),
    warnings: new Warnings("EventTransport")
  })
  return call
}

describe("a function that is loaded at its first use", () => {
  it.effect("is loaded by the first call, and made once for calls at the same time", () => {
    let loads = 0
    const call = doubling(() => {
      loads += 1
      return Promise.resolve({ factor: 2 })
    })
    return Effect.gen(function*() {
      assert.strictEqual(loads, 0)
      const first = yield* Effect.all([call(1), call(2)], { concurrency: "unbounded" })
      assert.deepStrictEqual(first.map(({ product }) => product), [2, 4])
      const [one, other] = first
      assert.strictEqual(one.made, other.made)
      const before = loads
      assert.deepStrictEqual(yield* call(3), { product: 6, made: one.made })
      assert.strictEqual(loads, before)
    })
  })

  it.effect("says so when it cannot be loaded, and tries again at the next call", () => {
    let loads = 0
    const call = doubling(() => {
      loads += 1
      return loads < 3 ? Promise.reject(new Error("no such file: chunk-4.js")) : Promise.resolve({ factor: 5 })
    })
    return Effect.gen(function*() {
      const { lines, result } = yield* capturingLines(Effect.all([call(1), call(1), call(1)]))
      assert.deepStrictEqual(result.map(({ product }) => product), [0, 0, 5])
      assert.deepStrictEqual(lines, [
        "A part of effect-posthog could not be loaded: Error: no such file: chunk-4.js"
      ])
    })
  })
})
