// Generated from packages/effect-posthog/src/internal/exceptions/causes.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import type { AnySpan } from "effect/Tracer"
import type { FailureReader } from "./exceptionList.ts"
import { framesText } from "./frames.ts"
import { isReference, read } from "./reading.ts"
import { schemaErrorText } from "./schemaErrors.ts"

/** Where errors were raised, as the causes said that held them. */
const frames = new WeakMap<object, Frame>()
// By its name: most programs that report exceptions serve no HTTP.
const responseType = "~effect/http/HttpServerResponse"

type Frame = Cause.StackTrace["Service"]

const mostLevels = 10
const mostLeaves = 1000
const mostSpans = 10

const annotation = (value: unknown, key: symbol | string): unknown => {
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
    return undefined
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
  const open: Array<readonly [part: Cause.Cause<unknown> | Cause.Reason<unknown>, level: number]> = [[cause, 0]]
  let interrupted = false
  for (let next = open.pop(); next !== undefined && leaves.length < mostLeaves; next = open.pop()) {
    const [part, level] = next
    if (seen.has(part)) continue
    seen.add(part)
    if (Cause.isCause(part)) {
      for (const reason of [...part.reasons].reverse()) open.push([reason, level])
    } else if (part._tag === "Interrupt") interrupted = true
    else {
      const value: unknown = part._tag === "Fail" ? part.error : part.defect
      const frame = Context.getOption(Cause.reasonAnnotations(part), Cause.StackTrace)
      if (isReference(value) && Option.isSome(frame) && !frames.has(value)) frames.set(value, frame.value)
      const inner = level < mostLevels ? causeInside(value) : undefined
      if (inner !== undefined) open.push([inner, level + 1])
      else if (!isResponse(value)) leaves.push({ kind: part._tag === "Fail" ? "fail" : "die", value, node: part })
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
export const originalOf = (value: unknown): unknown => value

/** A span of which only the names are known. */
interface NamedSpan {
  readonly _tag: "Span"
  readonly name: string
  readonly parent: Option.Option<NamedSpan>
  readonly traceId?: undefined
  readonly spanId?: undefined
}

// `Effect.fn` adds a frame for the place where the function is defined.
const withoutDefinition = (frame: Frame | undefined): Frame | undefined =>
  frame?.name.endsWith(" (definition)") === true ? frame.parent : frame

const namedSpan = ({ name, parent }: Frame, level = 0): NamedSpan => {
  const outer = withoutDefinition(parent)
  return {
    _tag: "Span",
    name,
    parent: outer === undefined || level > mostSpans ? Option.none() : Option.some(namedSpan(outer, level + 1))
  }
}

/** @internal */
export const spanOf = (value: unknown): NamedSpan | undefined => {
  const frame = isReference(value) ? frames.get(value) : undefined
  return frame === undefined ? undefined : namedSpan(frame)
}

/**
 * The names of a span and those around it, innermost first.
 *
 * @internal
 */
export const spanNames = (innermost: AnySpan | NamedSpan | undefined): ReadonlyArray<string> => {
  const names: Array<string> = []
  try {
    let span: AnySpan | NamedSpan | undefined = innermost
    while (span !== undefined && span._tag === "Span" && names.length < mostSpans) {
      names.push(String(span.name))
      span = Option.getOrUndefined<AnySpan | NamedSpan>(span.parent)
    }
  } catch {
    // A tracer of another make may keep its spans differently.
  }
  return names
}

// Effect cleans the stacks of errors, but reads and prints all there is to an error, its causes included. This one has
// nothing but a stack and a span.
const prettyLines = (frames: string, frame: Frame | undefined): string => {
  try {
    const plain: object = Object.create(Error.prototype, {
      message: { value: "" },
      stack: { value: `\n${frames}` }
    })
    const cause = Cause.die(plain)
    const framed = frame === undefined ? cause : Cause.annotate(cause, Context.make(Cause.StackTrace, frame))
    const text = Cause.prettyErrors(framed)[0]?.stack ?? ""
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
    const frame = isReference(error) ? frames.get(error) : undefined
    return frame === undefined ? [] : prettyLines("", frame).split("\n")
  }
}
