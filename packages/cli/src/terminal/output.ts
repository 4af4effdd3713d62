import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { stderr, stdout } from "node:process"

/** Where a command writes: results go to `print`, everything else to `report`. */
export class Output extends Context.Tag("@effect-posthog/cli/terminal/output")<Output, {
  /** Standard output: what a pipe takes for the result. */
  readonly print: (text: string) => Effect.Effect<void>
  /** Standard error. */
  readonly report: (text: string) => Effect.Effect<void>
}>() {
  // Each write is waited for, so that nothing is lost when the process exits right after it.
  static readonly layer: Layer.Layer<Output> = Layer.sync(Output, () => ({
    print: (text) => write(stdout, text),
    report: (text) => write(stderr, text)
  }))
}

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    // A reader that went away, as `head` does, has had enough: that is not a failure.
    stream.write(text, () => resume(Effect.void))
  })

/** Prints a result. */
export const print = (text: string): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.print(text))

/** Reports on standard error. */
export const report = (line: string): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.report(`${line}\n`))

/**
 * A command could not do its work. The exit code is 2 for usage and unreadable input, 3 for the network and for
 * authorisation. The message is one line that holds no secret.
 */
export class CommandError extends Data.TaggedError("CommandError")<{
  readonly exitCode: 2 | 3
  readonly message: string
}> {}

/** The arguments, or an input, cannot be used. */
export const unusable = (message: string): CommandError => new CommandError({ exitCode: 2, message })

/** PostHog could not be reached, or refused. */
export const unreachable = (message: string): CommandError => new CommandError({ exitCode: 3, message })

/** The command did its work and found something, which has been printed: the exit code is 1. */
export class Findings extends Data.TaggedError("Findings") {}
