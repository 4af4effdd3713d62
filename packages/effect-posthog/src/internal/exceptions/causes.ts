import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type { AnySpan } from "effect/Tracer"
import type { FailureReader } from "./exceptionList.ts"
import { framesText } from "./frames.ts"
import { isReference, read } from "./reading.ts"
import { schemaErrorText } from "./schemaErrors.ts"

const spanAnnotation = Symbol.for("effect/SpanAnnotation")
const originalAnnotation = Symbol.for("effect/OriginalAnnotation")
// By its name: most programs that report exceptions serve no HTTP.
const responseType = Symbol.for("@effect/platform/HttpServerResponse")

const mostLevels = 10
const mostLeaves = 1000
const mostSpans = 10

const annotation = (value: unknown, key: symbol): unknown => {
  try {
    return isReference(value) && key in value ? read(value, key) : undefined
  } catch {
    return undefined
  }
}

/**
 * The cause that a value is, or that the failure of a fiber carries.
 *
 * @internal
 */
export const causeInside = (value: unknown): Cause.Cause<unknown> | undefined => {
  try {
    if (Cause.isCause(value)) return value
    return Runtime.isFiberFailure(value) ? value[Runtime.FiberFailureCauseId] : undefined
  } catch {
    return undefined
  }
}

const isResponse = (value: unknown): boolean => annotation(value, responseType) !== undefined

/**
 * A failure inside a cause.
 *
 * @internal
 */
export interface Leaf {
  readonly kind: "fail" | "die"
  /** As Effect keeps it: an error may be annotated with its span. */
  readonly value: unknown
  /** The part of the cause that holds it: what a value that is not an object is known by. */
  readonly node: object | undefined
}

/** @internal */
export interface Leaves {
  readonly leaves: ReadonlyArray<Leaf>
  /** Whether the cause holds an interruption. */
  readonly interrupted: boolean
}

/**
 * The failures and defects of a cause, left to right, those inside causes that are themselves failures included. What is
 * left out: interruptions, responses that an HTTP server carries as defects, and any part that appears a second time.
 *
 * @internal
 */
export const leavesOf = (cause: Cause.Cause<unknown>): Leaves => {
  const leaves: Array<Leaf> = []
  const seen = new Set<object>()
  const open: Array<readonly [cause: Cause.Cause<unknown>, level: number]> = [[cause, 0]]
  let interrupted = false
  for (let next = open.pop(); next !== undefined && leaves.length < mostLeaves; next = open.pop()) {
    const [part, level] = next
    if (seen.has(part)) continue
    seen.add(part)
    switch (part._tag) {
      case "Empty":
        break
      case "Interrupt":
        interrupted = true
        break
      case "Sequential":
      case "Parallel":
        open.push([part.right, level], [part.left, level])
        break
      default: {
        const value: unknown = part._tag === "Fail" ? part.error : part.defect
        const inner = level < mostLevels ? causeInside(value) : undefined
        if (inner !== undefined) open.push([inner, level + 1])
        else if (!isResponse(value)) leaves.push({ kind: part._tag === "Fail" ? "fail" : "die", value, node: part })
      }
    }
  }
  return { leaves, interrupted }
}

/**
 * The leaves of a cause, or of an error that carries one; `undefined` for any other value.
 *
 * @internal
 */
export const leavesInside = (value: unknown): Leaves | undefined => {
  const cause = causeInside(value)
  try {
    return cause === undefined ? undefined : leavesOf(cause)
  } catch {
    return undefined
  }
}

/** @internal */
export const originalOf = (value: unknown): unknown => annotation(value, originalAnnotation) ?? value

/** @internal */
export const spanOf = (value: unknown): AnySpan | undefined => annotation(value, spanAnnotation) as AnySpan | undefined

/**
 * The names of a span and those around it, innermost first.
 *
 * @internal
 */
export const spanNames = (innermost: AnySpan | undefined): ReadonlyArray<string> => {
  const names: Array<string> = []
  try {
    let span = innermost
    while (span !== undefined && span._tag === "Span" && names.length < mostSpans) {
      names.push(String(span.name))
      span = Option.getOrUndefined(span.parent)
    }
  } catch {
    // A tracer of another make may keep its spans differently.
  }
  return names
}

// Effect cleans the stacks of errors, but reads and prints all there is to an error, its causes included. This one has
// nothing but a stack and a span.
const prettyLines = (frames: string, span: unknown): string => {
  try {
    const plain: object = Object.create(Error.prototype, {
      message: { value: "" },
      stack: { value: `\n${frames}` },
      ...(span === undefined ? {} : { [spanAnnotation]: { value: span } })
    })
    const text = Cause.prettyErrors(Cause.die(plain))[0]?.stack ?? ""
    const header = text.indexOf("\n")
    return header < 0 ? "" : text.slice(header + 1)
  } catch {
    return frames
  }
}

/**
 * Reads the failures of Effect 3.
 *
 * @internal
 */
export const failureReader: FailureReader = {
  original: originalOf,
  unwrap: (value) => leavesInside(value)?.leaves.map((leaf) => leaf.value),
  privateMessage: schemaErrorText,
  stackOf: (error) => {
    const stack = read(error, "stack")
    return typeof stack === "string" ? prettyLines(framesText(stack, read(error, "message")), undefined) : undefined
  },
  spanLinesOf: (error) => {
    const span = spanOf(error)
    return span === undefined ? [] : prettyLines("", span).split("\n")
  }
}
