import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Zlib from "node:zlib"
import type { Codec } from "../src/Mode.ts"
import * as Scenario from "./harness/Scenario.ts"

// Node has it from 22.15 on.
const { zstdDecompressSync } = Zlib as { readonly zstdDecompressSync?: (bytes: Buffer) => Buffer }

const codecs: ReadonlyArray<readonly [Codec, (bytes: Buffer) => Buffer, RegExp]> = [
  ["gzip", Zlib.gunzipSync, /^1f8b/],
  // Wrapped as RFC 1950 has it.
  ["deflate", Zlib.inflateSync, /^78/],
  ["br", Zlib.brotliDecompressSync, /^/],
  ...(zstdDecompressSync === undefined ? [] : [["zstd", zstdDecompressSync, /^28b52ffd/] as const])
]

for (const [codec, decompress, start] of codecs) {
  layer(Scenario.layer({ protocol: "v1", codec }), { excludeTestServices: true })(`V1 with ${codec}`, (it) => {
    it.effect("is compressed when compression is on, in every attempt, and counts as delivered", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 502 })
        yield* test.init({ enable_compression: true })
        const { uuid } = yield* test.capture({ properties: { text: "a".repeat(2000) } })
        const { events_flushed } = yield* test.flush
        assert.strictEqual(events_flushed, 1)
        const requests = yield* test.requests
        assert.lengthOf(requests, 2)
        for (const { bytes, headers } of requests) {
          assert.strictEqual(headers["content-encoding"], codec)
          assert.strictEqual(headers["content-length"], String(bytes.length))
          assert.match(bytes.toString("hex"), start)
          assert.isBelow(bytes.length, 1000)
          const body = JSON.parse(decompress(bytes).toString())
          assert.strictEqual(body.batch[0].uuid, uuid)
        }
      }))

    it.effect("is not compressed when compression is off or not spoken of", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        for (const options of [{}, { enable_compression: false }]) {
          yield* test.init(options)
          yield* test.capture()
          yield* test.flush
        }
        for (const { body, headers } of yield* test.requests) {
          assert.notProperty(headers, "content-encoding")
          assert.lengthOf(body!["batch"], 1)
        }
      }))
  })
}
