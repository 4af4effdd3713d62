/**
 * What one adapter process offers: the harness can test one capture protocol and one compression per process.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"

export type Protocol = "v0" | "v1"

export type Codec = "gzip" | "deflate" | "br" | "zstd"

export interface Mode {
  readonly protocol: Protocol
  /** What `enable_compression` stands for. */
  readonly codec: Codec
}

/**
 * The program cannot start with these arguments.
 */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly problem: string }> {
  override get message(): string {
    return `${this.problem}\nUsage: conformance [v0 | v1] [gzip | deflate | br | zstd]    default: v0 gzip; the other compressions need v1`
  }
}

const oneOf = <A extends string>(allowed: readonly [A, ...ReadonlyArray<A>], word: string | undefined) => {
  if (word === undefined) return Effect.succeed(allowed[0])
  const found = allowed.find((known) => known === word)
  return found === undefined
    ? Effect.fail(new UsageError({ problem: `"${word}" must be one of ${allowed.join(", ")}` }))
    : Effect.succeed(found)
}

/**
 * Reads the arguments of the command line.
 */
export const fromArguments = Effect.fnUntraced(function*(words: ReadonlyArray<string>) {
  const [first, second, ...rest] = words
  if (rest.length > 0) return yield* new UsageError({ problem: "There are more than two arguments" })
  const mode: Mode = {
    protocol: yield* oneOf<Protocol>(["v0", "v1"], first),
    codec: yield* oneOf<Codec>(["gzip", "deflate", "br", "zstd"], second)
  }
  if (mode.protocol === "v0" && mode.codec !== "gzip") {
    return yield* new UsageError({ problem: `${mode.codec} needs v1` })
  }
  if (mode.codec === "zstd" && !("zstdCompressSync" in Zlib)) {
    return yield* new UsageError({ problem: "zstd needs Node.js 22.15 or later" })
  }
  return mode
})

/**
 * What the adapter reports to the harness. The suites of the two capture protocols contradict each other on the path, and
 * the suite of the AI route belongs to V0.
 */
export const capabilities = ({ codec, protocol }: Mode): ReadonlyArray<string> =>
  protocol === "v0"
    ? ["capture_v0", "capture_ai_v0", "encoding_gzip"]
    : ["capture_v1", `encoding_${codec}`]
