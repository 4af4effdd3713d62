/**
 * What one adapter process offers: the harness can test one capture protocol and one compression per process.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

export type Protocol = "v0" | "v1"

export type Codec = "gzip" | "deflate" | "br"

export interface Mode {
  readonly protocol: Protocol
  /** What `enable_compression` stands for. */
  readonly codec: Codec
}

/**
 * The program cannot start with these words.
 */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly problem: string }> {
  override get message(): string {
    return `${this.problem}\nUsage: conformance [v0 | v1] [gzip | deflate | br]    default: v0 gzip; deflate and br need v1`
  }
}

const oneOf = <A extends string>(allowed: readonly [A, ...ReadonlyArray<A>], word: string | undefined) => {
  if (word === undefined) return Effect.succeed(allowed[0])
  const found = allowed.find((known) => known === word)
  return found === undefined
    ? Effect.fail(new UsageError({ problem: `"${word}" is none of ${allowed.join(", ")}` }))
    : Effect.succeed(found)
}

/**
 * Reads the words of the command line.
 */
export const fromArguments = Effect.fnUntraced(function*(words: ReadonlyArray<string>) {
  const [first, second, ...rest] = words
  if (rest.length > 0) return yield* new UsageError({ problem: "More than two words" })
  const mode: Mode = {
    protocol: yield* oneOf<Protocol>(["v0", "v1"], first),
    codec: yield* oneOf<Codec>(["gzip", "deflate", "br"], second)
  }
  if (mode.protocol === "v0" && mode.codec !== "gzip") {
    return yield* new UsageError({ problem: `${mode.codec} needs v1` })
  }
  return mode
})

/**
 * What the harness is told. The suites of the two capture protocols contradict each other on the path, and that of the AI
 * route goes with V0.
 */
export const capabilities = ({ codec, protocol }: Mode): ReadonlyArray<string> =>
  protocol === "v0"
    ? ["capture_v0", "capture_ai_v0", "encoding_gzip"]
    : ["capture_v1", `encoding_${codec}`]
