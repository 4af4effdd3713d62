// Generated from packages/effect-posthog/src/internal/exceptions/size.ts by packages/tools/editions.mjs: change that file, not this one.
import type { ExceptionEntry } from "./exceptionList.ts"
import type { StackFrame } from "./frames.ts"
import { cut } from "./reading.ts"

// A character takes six bytes of JSON at most.
const mostBytesPerCharacter = 6
const entryOverhead = 200
const frameOverhead = 150
const shortValues = [1000, 100]

const encoder = new TextEncoder()

const lengthOf = (lines: ReadonlyArray<string> | undefined): number =>
  lines === undefined ? 0 : lines.reduce((sum, line) => sum + line.length + 3, 0)

const frameLength = (frame: StackFrame): number =>
  frameOverhead + frame.filename.length + frame.function.length + (frame.context_line?.length ?? 0) +
  lengthOf(frame.pre_context) + lengthOf(frame.post_context)

const estimate = (list: ReadonlyArray<ExceptionEntry>): number => {
  let length = 0
  for (const { stacktrace, type, value } of list) {
    length += entryOverhead + type.length + value.length
    if (stacktrace !== undefined) { for (const frame of stacktrace.frames) length += frameLength(frame) }
  }
  return length
}

const fits = (list: ReadonlyArray<ExceptionEntry>, bytes: number): boolean =>
  estimate(list) * mostBytesPerCharacter <= bytes || encoder.encode(JSON.stringify(list)).length <= bytes

const withoutContext = ({ context_line: _context, post_context: _post, pre_context: _pre, ...frame }: StackFrame) =>
  frame

const withoutSource = (entry: ExceptionEntry): ExceptionEntry =>
  entry.stacktrace === undefined
    ? entry
    : { ...entry, stacktrace: { type: "raw", frames: entry.stacktrace.frames.map(withoutContext) } }

const withoutFrames = ({ mechanism, type, value }: ExceptionEntry): ExceptionEntry => ({ type, value, mechanism })

/**
 * The list within so many bytes of JSON: without source lines, then without the frames of nested entries from the end,
 * then with short values.
 *
 * @internal
 */
export const withinBytes = (list: ReadonlyArray<ExceptionEntry>, bytes: number): ReadonlyArray<ExceptionEntry> => {
  if (fits(list, bytes)) return list
  let smaller = list.map(withoutSource)
  for (let last = smaller.length - 1; last > 0 && !fits(smaller, bytes); last--) {
    smaller = smaller.map((entry, index) => index === last ? withoutFrames(entry) : entry)
  }
  for (const length of shortValues) {
    if (fits(smaller, bytes)) return smaller
    smaller = smaller.map((entry) => ({ ...entry, value: cut(entry.value, length) }))
  }
  return smaller
}
