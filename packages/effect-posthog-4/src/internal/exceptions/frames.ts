// Generated from packages/effect-posthog/src/internal/exceptions/frames.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as Types from "effect/Types"
import { isReference } from "./reading.ts"

const mostFrames = 50
const longestLine = 1024
const longestStack = 64 * 1024
const furthestMessage = 256

/**
 * A line of a stack, as PostHog reads it.
 *
 * @internal
 */
export interface StackFrame {
  readonly platform: "node:javascript"
  readonly filename: string
  readonly function: string
  readonly lineno?: number
  readonly colno?: number
  readonly in_app: boolean
  readonly synthetic?: true
  readonly chunk_id?: string
  readonly context_line?: string
  readonly pre_context?: ReadonlyArray<string>
  readonly post_context?: ReadonlyArray<string>
}

/**
 * A frame before paths are shortened.
 *
 * @internal
 */
export interface ParsedFrame {
  readonly filename: string
  readonly function: string
  readonly lineno?: number | undefined
  readonly colno?: number | undefined
}

/** @internal */
export interface FrameOptions {
  /** Cut from the front of file names. */
  readonly root?: string | undefined
  /** What this denies is not the application's. */
  readonly inApp?: ((frame: ParsedFrame) => boolean) | undefined
}

const evaluatedAt = /\(([^()]+):(\d+):(\d+)\)/
const indexOnly = /^index \d+$/
const windowsPath = /^\/[A-Za-z]:/

const pathOf = (file: string): string => {
  if (!file.startsWith("file://")) return file
  let path = file.slice("file://".length)
  if (path.includes("%")) {
    try {
      path = decodeURIComponent(path)
    } catch {
      // Not encoded, then.
    }
  }
  return windowsPath.test(path) ? path.slice(1) : path
}

type Place = Omit<ParsedFrame, "function">

// PostHog refuses the whole event for a larger one.
const highestNumber = 0xffff_ffff

/** `-1` where the text is not a number. */
const numberIn = (text: string, start: number, end: number): number => {
  if (start === end) return -1
  let number = 0
  for (let index = start; index < end; index++) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

const placeAt = (filename: string, lineno: number, colno: number): Place => ({
  filename: pathOf(filename),
  lineno: lineno <= highestNumber ? lineno : undefined,
  colno: colno <= highestNumber ? colno : undefined
})

/** `file:line:column`, read from the end: every frame of every error passes here. */
const placeIn = (text: string): Place | undefined => {
  const column = text.lastIndexOf(":")
  const line = text.lastIndexOf(":", column - 1)
  if (line < 1) return undefined
  const lineno = numberIn(text, line + 1, column)
  const colno = numberIn(text, column + 1, text.length)
  return lineno < 0 || colno < 0 ? undefined : placeAt(text.slice(0, line), lineno, colno)
}

const readPlace = (text: string): Place | undefined => {
  if (text.startsWith("eval at ")) {
    const outermost = evaluatedAt.exec(text)
    return outermost === null
      ? { filename: "<anonymous>" }
      : placeAt(outermost[1] ?? "", Number(outermost[2]), Number(outermost[3]))
  }
  const place = placeIn(text)
  if (place !== undefined) return place
  if (text === "native" || text === "<anonymous>") return { filename: text }
  if (indexOnly.test(text)) return { filename: "node:internal/promise" }
  return text.includes("://") ? { filename: text } : undefined
}

const functionOf = (name: string): string => {
  if (name === "" || name === "<anonymous>") return "?"
  return name.endsWith(".<anonymous>") ? `${name.slice(0, -"<anonymous>".length)}?` : name
}

/**
 * One line of a stack in the form that V8 writes, or `undefined` when the line is not a frame.
 *
 * @internal
 */
export const parseLine = (line: string, isSpan = false): ParsedFrame | undefined => {
  if (line.length > longestLine) return undefined
  const text = line.trim()
  if (!text.startsWith("at ")) return undefined
  const call = text.startsWith("at async ") ? text.slice(9) : text.slice(3)
  // The name of a span may hold anything, its place is what comes last.
  const open = call.endsWith(")") ? (isSpan ? call.lastIndexOf(" (") : call.indexOf(" (")) : -1
  const place = readPlace(open < 0 ? call : call.slice(open + 2, -1))
  if (place === undefined) return undefined
  const { colno, filename, lineno } = place
  return { filename, function: functionOf(open < 0 ? "" : call.slice(0, open)), lineno, colno }
}

// Where the message ends that a stack begins with, behind the name of the error.
const headerEnd = (stack: string, message: unknown): number => {
  if (typeof message !== "string" || message === "") return 0
  const start = stack.startsWith(message) ? 0 : stack.slice(0, message.length + furthestMessage).indexOf(message)
  return start < 0 || stack.slice(0, start).includes("\n") ? 0 : start + message.length
}

/**
 * The stack of an error without the lines above its frames. They repeat the message, which has lines of its own that may
 * look like frames, and which may show what is private.
 *
 * @internal
 */
export const framesText = (stack: string, message: unknown): string => {
  const end = headerEnd(stack, message)
  const text = stack.slice(end, end + longestStack)
  // What follows the message are frames. Without it the lines above them have to be told apart.
  if (end > 0) return text.slice(text.indexOf("\n") + 1 || text.length)
  return text.split("\n").filter((line) => parseLine(line) !== undefined).join("\n")
}

const runtimeFunctions = /~effect\/|FiberImpl|SchedulerDispatcher/

const isPath = (filename: string): boolean =>
  (filename.includes("/") || filename.includes("\\")) && !filename.startsWith("node:")

const isInApp = (frame: ParsedFrame, inApp: FrameOptions["inApp"]): boolean => {
  if (!isPath(frame.filename) || frame.filename.includes("node_modules")) return false
  if (runtimeFunctions.test(frame.function)) return false
  if (inApp === undefined) return true
  try {
    return inApp(frame)
  } catch {
    return true
  }
}

const folderOf = (root: string | undefined): string => root === undefined ? "" : pathOf(root).replace(/[/\\]+$/, "")

const withoutFolder = (filename: string, folder: string): string => {
  if (folder === "") return filename
  const next = filename[folder.length]
  return filename.startsWith(folder) && (next === "/" || next === "\\") ? filename.slice(folder.length + 1) : filename
}

const toFrame = (
  parsed: ParsedFrame,
  isSpan: boolean,
  folder: string,
  inApp: FrameOptions["inApp"],
  chunkIds: ReadonlyMap<string, string>
): StackFrame => {
  const { colno, filename, lineno } = parsed
  const frame: Types.Mutable<StackFrame> = {
    platform: "node:javascript",
    filename: withoutFolder(filename, folder),
    function: parsed.function,
    in_app: !isSpan && isInApp(parsed, inApp)
  }
  if (lineno !== undefined) frame.lineno = lineno
  if (colno !== undefined) frame.colno = colno
  if (isSpan) frame.synthetic = true
  const chunkId = chunkIds.size === 0 ? undefined : chunkIds.get(filename)
  if (chunkId !== undefined) frame.chunk_id = chunkId
  return frame
}

/**
 * The frames of a stack, entry point first, crash site last: those nearest to the crash when there are many. The lines
 * of spans show the way to it.
 *
 * @internal
 */
export const parseFrames = (
  frames: string,
  spans: ReadonlyArray<string>,
  options: FrameOptions,
  chunkIds: ReadonlyMap<string, string>
): ReadonlyArray<StackFrame> => {
  const parsed: Array<StackFrame> = []
  const folder = folderOf(options.root)
  const add = (line: string, isSpan: boolean) => {
    const frame = parsed.length < mostFrames ? parseLine(line, isSpan) : undefined
    if (frame !== undefined) parsed.push(toFrame(frame, isSpan, folder, options.inApp, chunkIds))
  }
  for (const line of frames === "" ? [] : frames.split("\n")) add(line, false)
  for (const line of spans) add(line, true)
  return parsed.reverse()
}

/**
 * Where in the application it happened, or `""`. Reads no more of a stack than it has to.
 *
 * @internal
 */
export const topPlace = (stack: string, message: unknown, options: FrameOptions): string => {
  let start = headerEnd(stack, message)
  const last = Math.min(stack.length, start + longestStack)
  while (start < last) {
    const found = stack.indexOf("\n", start)
    const end = found < 0 ? last : found
    const frame = end - start > longestLine ? undefined : parseLine(stack.slice(start, end))
    if (frame !== undefined && isInApp(frame, options.inApp)) {
      return `${frame.filename}:${frame.lineno}:${frame.colno}`
    }
    start = end + 1
  }
  return ""
}

let known: { readonly source: object; readonly size: number; readonly ids: ReadonlyMap<string, string> } | undefined

const noChunks: ReadonlyMap<string, string> = new Map()

const crashFile = (stack: string): string | undefined => {
  for (const line of stack.split("\n")) {
    const frame = parseLine(line)
    if (frame !== undefined) return frame.filename
  }
  return undefined
}

/**
 * File names to the ids under which PostHog holds their source maps. The bundler plugin, or `posthog-cli sourcemap`, put
 * them into a global, by a stack that each chunk recorded when it was loaded.
 *
 * @internal
 */
export const chunkIdsOf = (source: unknown): ReadonlyMap<string, string> => {
  if (!isReference(source)) return noChunks
  try {
    const entries = Object.entries(source)
    if (known !== undefined && known.source === source && known.size === entries.length) return known.ids
    const ids = new Map<string, string>()
    for (const [stack, id] of entries) {
      const file = typeof id === "string" && id !== "" ? crashFile(stack) : undefined
      if (file !== undefined) ids.set(file, id)
    }
    known = { source, size: entries.length, ids }
    return ids
  } catch {
    return noChunks
  }
}
