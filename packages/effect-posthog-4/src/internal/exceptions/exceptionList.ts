// Generated from packages/effect-posthog/src/internal/exceptions/exceptionList.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe } from "./description.ts"
import { chunkIdsOf, type FrameOptions, parseFrames, type StackFrame } from "./frames.ts"
import { isInstanceOfNamed, isReference, read } from "./reading.ts"

const mostEntries = 50
const mostMembers = 1000

/**
 * How the edition of Effect keeps failures. The mapping itself knows nothing of `Cause`.
 *
 * @internal
 */
export interface FailureReader {
  /** The value itself, without what Effect wrapped around it. */
  readonly original: (value: unknown) => unknown
  /** The failures inside a value that only carries failures, such as a `Cause`; `undefined` for any other value. */
  readonly unwrap: (value: unknown) => ReadonlyArray<unknown> | undefined
  /** What to say of an error whose own message shows values; `undefined` for any other error. */
  readonly privateMessage: (error: object) => string | undefined
  /** The frames of an error's stack, crash site first, without a header. */
  readonly stackOf: (error: unknown) => string | undefined
  /** The lines of the spans that an error failed in, innermost first. */
  readonly spanLinesOf: (error: unknown) => ReadonlyArray<string>
}

/** @internal */
export interface Mechanism {
  readonly exception_id: number
  readonly parent_id?: number
  readonly type?: string
  readonly source?: string
  readonly handled?: boolean
  readonly synthetic?: boolean
}

/** @internal */
export interface ExceptionEntry {
  readonly type: string
  readonly value: string
  readonly mechanism: Mechanism
  readonly stacktrace?: { readonly type: "raw"; readonly frames: ReadonlyArray<StackFrame> }
}

/**
 * What a boundary says about the exception that it caught. Whatever is not valid is left out.
 *
 * @internal
 */
export interface BoundaryMechanism {
  readonly type?: unknown
  readonly handled?: unknown
  readonly synthetic?: unknown
}

/**
 * One exception before it is known which boundary caught it.
 *
 * @internal
 */
export interface ExceptionTree {
  /** The first entry says nothing about itself but its id. */
  readonly entries: ReadonlyArray<ExceptionEntry>
  /** Whether what was thrown is not an error. */
  readonly synthetic: boolean
}

/**
 * The entries of one exception: itself, then, depth first, its cause, its members and what it suppressed. No object
 * appears twice.
 *
 * @internal
 */
export const exceptionTree = (value: unknown, reader: FailureReader, options: FrameOptions): ExceptionTree => {
  const entries: Array<ExceptionEntry> = []
  const seen = new Set<unknown>()
  const chunkIds = chunkIdsOf(read(globalThis, "_posthogChunkIds"))
  let members = 0
  let isSynthetic = false

  const children = (parent: number, source: string, nested: unknown): void => {
    if (nested === undefined || nested === null) return
    const inner = reader.unwrap(nested)
    if (inner === undefined) return add(nested, parent, source)
    for (const leaf of inner) add(leaf, parent, inner.length === 1 ? source : "member")
  }

  const membersOf = (parent: number, errors: unknown): void => {
    try {
      if (!Array.isArray(errors)) return
      for (let index = 0; index < errors.length && members < mostMembers && entries.length < mostEntries; index++) {
        members++
        children(parent, "member", read(errors, index))
      }
    } catch {
      // An array that cannot be walked has no members.
    }
  }

  const add = (annotated: unknown, parent: number | undefined, source: string | undefined): void => {
    if (entries.length >= mostEntries) return
    const original = reader.original(annotated)
    if (isReference(original)) {
      if (seen.has(original)) return
      seen.add(original)
    }
    const { synthetic, type, value } = describe(original, reader.privateMessage)
    const id = entries.length
    if (id === 0) isSynthetic = synthetic
    const frames = parseFrames(reader.stackOf(annotated) ?? "", reader.spanLinesOf(annotated), options, chunkIds)
    entries.push({
      type,
      value,
      mechanism: parent === undefined || source === undefined
        ? { exception_id: id }
        : { type: "chained", source, synthetic, exception_id: id, parent_id: parent },
      ...(frames.length === 0 ? {} : { stacktrace: { type: "raw", frames } })
    })
    if (!isReference(original) || typeof original === "function") return
    children(id, "cause", read(original, "cause"))
    if (isInstanceOfNamed(original, "AggregateError")) membersOf(id, read(original, "errors"))
    if (isInstanceOfNamed(original, "SuppressedError")) {
      children(id, "cause", read(original, "error"))
      children(id, "suppressed", read(original, "suppressed"))
    }
  }

  add(value, undefined, undefined)
  return { entries, synthetic: isSynthetic }
}

/**
 * The list as a boundary sends it.
 *
 * @internal
 */
export const exceptionList = (
  { entries: [caught, ...nested], synthetic }: ExceptionTree,
  mechanism: BoundaryMechanism
): ReadonlyArray<ExceptionEntry> => {
  if (caught === undefined) return []
  const known: Mechanism = {
    ...(typeof mechanism.type === "string" && mechanism.type !== "" ? { type: mechanism.type } : {}),
    ...(typeof mechanism.handled === "boolean" ? { handled: mechanism.handled } : {}),
    synthetic: typeof mechanism.synthetic === "boolean" ? mechanism.synthetic : synthetic,
    exception_id: 0
  }
  return [{ ...caught, mechanism: known }, ...nested]
}
