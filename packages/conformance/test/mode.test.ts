import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as Zlib from "node:zlib"
import * as Mode from "../src/Mode.ts"

describe("Mode", () => {
  for (
    const [words, mode, capabilities] of [
      [[], { protocol: "v0", codec: "gzip" }, ["capture_v0", "capture_ai_v0", "encoding_gzip"]],
      [["v0"], { protocol: "v0", codec: "gzip" }, ["capture_v0", "capture_ai_v0", "encoding_gzip"]],
      [["v1"], { protocol: "v1", codec: "gzip" }, ["capture_v1", "encoding_gzip"]],
      [["v1", "deflate"], { protocol: "v1", codec: "deflate" }, ["capture_v1", "encoding_deflate"]],
      [["v1", "br"], { protocol: "v1", codec: "br" }, ["capture_v1", "encoding_br"]]
    ] as const
  ) {
    it.effect(`is read from "${words.join(" ")}"`, () =>
      Effect.gen(function*() {
        const read = yield* Mode.fromArguments(words)
        assert.deepStrictEqual(read, mode)
        assert.deepStrictEqual(Mode.capabilities(read), capabilities)
      }))
  }

  for (
    const [words, problem] of [
      [["v2"], "\"v2\" must be one of v0, v1"],
      [["v1", "lz4"], "\"lz4\" must be one of gzip, deflate, br, zstd"],
      [["v0", "zstd"], "zstd needs v1"],
      [["v0", "deflate"], "deflate needs v1"],
      [["v0", "gzip", "more"], "There are more than two arguments"]
    ] as const
  ) {
    it.effect(`cannot be read from "${words.join(" ")}"`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Mode.fromArguments(words))
        assert.strictEqual(error.problem, problem)
        assert.include(error.message, "Usage: ")
      }))
  }

  it.effect("has zstd where Node does", () =>
    Effect.gen(function*() {
      const read = yield* Effect.either(Mode.fromArguments(["v1", "zstd"]))
      if ("zstdCompressSync" in Zlib) {
        assert.deepStrictEqual(Either.map(read, Mode.capabilities), Either.right(["capture_v1", "encoding_zstd"]))
      } else {
        const error = yield* Either.flip(read)
        assert.strictEqual(error.problem, "zstd needs Node.js 22.15 or later")
      }
    }))
})
