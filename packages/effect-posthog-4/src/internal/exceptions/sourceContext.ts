// Generated from packages/effect-posthog/src/internal/exceptions/sourceContext.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import type * as FileSystem from "effect/FileSystem"
import * as Effect from "effect/Effect"
import type { ExceptionEntry } from "./exceptionList.ts"
import type { StackFrame } from "./frames.ts"

const linesAround = 5
const longestShown = 200
const mostLines = 10_000
const furthestColumn = 1000
const mostBytes = 1024 * 1024
const mostFiles = 25
const longestRead = "1 second"

type List = ReadonlyArray<ExceptionEntry>

type AddSource = (list: List, root: string | undefined) => Effect.Effect<List>

/**
 * Adds source lines to the frames of a list. Absent: none are sent.
 *
 * @internal
 */
export const sourceContextRef: Context.Reference<AddSource | undefined> = Context.Reference<AddSource | undefined>("effect-posthog/Exceptions/sourceContext", { defaultValue: () => (undefined) })

const isReadable = ({ chunk_id, colno, filename, in_app, lineno }: StackFrame): boolean =>
  in_app && chunk_id === undefined && lineno !== undefined && lineno >= 1 && lineno <= mostLines &&
  (colno === undefined || colno <= furthestColumn) && !filename.includes("://") && !filename.startsWith("data:") &&
  !/\.min\.[cm]?js$/.test(filename)

const isAbsolute = (filename: string): boolean => filename.startsWith("/") || /^[A-Za-z]:/.test(filename)

const pathOf = ({ filename }: StackFrame, root: string | undefined): string =>
  root === undefined || isAbsolute(filename) ? filename : `${root.replace(/[/\\]+$/, "")}/${filename}`

const shown = (line: string): string => line.length <= longestShown ? line : `${line.slice(0, longestShown)}…`

const withLines = (frame: StackFrame, lines: ReadonlyArray<string>): StackFrame => {
  const at = (frame.lineno ?? 0) - 1
  const line = lines[at]
  if (line === undefined) return frame
  return {
    ...frame,
    context_line: shown(line),
    pre_context: lines.slice(Math.max(0, at - linesAround), at).map(shown),
    post_context: lines.slice(at + 1, at + 1 + linesAround).map(shown)
  }
}

/**
 * Reads source files, and keeps the lines of the last ones. A file that cannot be read has no lines.
 *
 * @internal
 */
export const makeSourceContext = (fileSystem: FileSystem.FileSystem): AddSource => {
  const files = new Map<string, ReadonlyArray<string>>()

  const keep = (file: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
    files.delete(file)
    files.set(file, lines)
    for (const oldest of files.keys()) {
      if (files.size <= mostFiles) break
      files.delete(oldest)
    }
    return lines
  }

  const linesOf = (file: string): Effect.Effect<ReadonlyArray<string>> => {
    const known = files.get(file)
    if (known !== undefined) return Effect.succeed(keep(file, known))
    return fileSystem.stat(file).pipe(
      Effect.flatMap(({ size, type }) =>
        type === "File" && size <= BigInt(mostBytes) ? fileSystem.readFileString(file) : Effect.succeed("")
      ),
      Effect.map((text) => keep(file, text.split("\n", mostLines + linesAround))),
      Effect.catchCause(() => Effect.sync(() => keep(file, [])))
    )
  }

  const readFrame = (frame: StackFrame, root: string | undefined): Effect.Effect<StackFrame> =>
    isReadable(frame)
      ? Effect.map(linesOf(pathOf(frame, root)), (lines) => withLines(frame, lines))
      : Effect.succeed(frame)

  const readEntry = (entry: ExceptionEntry, root: string | undefined): Effect.Effect<ExceptionEntry> =>
    entry.stacktrace === undefined
      ? Effect.succeed(entry)
      : Effect.map(
        Effect.forEach(entry.stacktrace.frames, (frame) => readFrame(frame, root)),
        (frames) => ({ ...entry, stacktrace: { type: "raw", frames } })
      )

  return (list, root) =>
    Effect.forEach(list, (entry) => readEntry(entry, root)).pipe(
      ((self) => Effect.timeoutOption(self, longestRead).pipe(Effect.map(Option.match({ onNone: () => list, onSome: (complete): List => complete })))),
      Effect.catchCause(() => Effect.succeed(list))
    )
}
