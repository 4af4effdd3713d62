/**
 * Typed flags: what a flag's value and payload may be, said once.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import type { ParseIssue } from "effect/ParseResult"
import { pipeArguments } from "effect/Pipeable"
import type { Pipeable } from "effect/Pipeable"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

// Keys that the schema names are no secret; others belong to the value.
const shown = (key: PropertyKey, parent: AST.AST | undefined): string => {
  if (parent?._tag === "TupleType") return `[${String(key)}]`
  return parent?._tag === "TypeLiteral" && parent.propertySignatures.some(({ name }) => name === key)
    ? `.${String(key)}`
    : ".*"
}

const listOf = <A>(values: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(values) ? values : [values as A]

/**
 * The place of the first value that does not fit a schema, such as `items[2].price`, without a word of what the value
 * itself holds.
 *
 * @internal
 */
export const issuePath = (issue: ParseIssue): string => {
  let path = ""
  let parent: AST.AST | undefined
  let current: ParseIssue | undefined = issue
  while (current !== undefined) {
    switch (current._tag) {
      case "Composite":
        parent = current.ast
        current = listOf<ParseIssue>(current.issues)[0]
        break
      case "Pointer":
        for (const key of listOf<PropertyKey>(current.path)) path += shown(key, parent)
        current = current.issue
        break
      case "Refinement":
      case "Transformation":
        current = current.issue
        break
      default:
        current = undefined
    }
  }
  return path.startsWith(".") ? path.slice(1) : path
}

/**
 * The brand of flags.
 *
 * @since 3.0.0
 * @category type ids
 */
export const TypeId: TypeId = "~effect-posthog/Flag"

/**
 * The type of the brand of flags.
 *
 * @since 3.0.0
 * @category type ids
 */
export type TypeId = "~effect-posthog/Flag"

/**
 * A flag whose value is an `A` and whose payload is a `P`. Read it with `FlagSnapshot.get` and `FlagSnapshot.payload`.
 *
 * @since 3.0.0
 * @category models
 */
export interface Flag<out A, out P> extends Pipeable {
  readonly [TypeId]: TypeId
  readonly key: string
  /** Accepts or refuses the value that was evaluated. */
  readonly decodeValue: (value: boolean | string) => Either.Either<A, FlagValueError>
  /** Accepts or refuses the payload, already decoded from JSON. */
  readonly decodePayload: (payload: unknown) => Effect.Effect<P, FlagPayloadError>
}

/**
 * A flag has a value that its declaration does not know. Says what kinds of value were wanted and seen, never the
 * value.
 *
 * @since 3.0.0
 * @category errors
 */
export class FlagValueError extends Data.TaggedError("FlagValueError")<{
  /** The key of the flag. */
  readonly flag: string
  readonly wanted: string
  readonly seen: "a boolean" | "true without a variant" | "a variant" | "an undeclared variant"
}> {
  override get message(): string {
    return `Flag "${this.flag}": wanted ${this.wanted}, saw ${this.seen}`
  }
}

/**
 * The payload of a flag does not fit its schema. Says where and what was wanted, never what the payload holds.
 *
 * @since 3.0.0
 * @category errors
 */
export class FlagPayloadError extends Data.TaggedError("FlagPayloadError")<{
  /** The key of the flag. */
  readonly flag: string
  /** The schema that was wanted. */
  readonly wanted: string
  /** The kind of JSON value the payload is. */
  readonly seen: string
  /**
   * Where in the payload the first misfit is; empty for the payload itself. A `*` stands for a key that the schema does
   * not name.
   */
  readonly path: string
}> {
  override get message(): string {
    const place = this.path === "" ? "" : `, which does not fit at ${this.path}`
    return `Payload of flag "${this.flag}": wanted ${this.wanted}, saw ${this.seen}${place}`
  }
}

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

const make = <A, P>(fields: Pick<Flag<A, P>, "key" | "decodeValue" | "decodePayload">): Flag<A, P> =>
  Object.freeze(Object.assign(Object.create(Proto), fields))

/**
 * A flag that is on or off. A variant is a `FlagValueError`.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const newCheckout = Flag.boolean("new-checkout")
 * const snapshot = FlagSnapshot.fromValues({ "new-checkout": true })
 *
 * assert.deepStrictEqual(Effect.runSync(snapshot.get(newCheckout)), Option.some(true))
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const boolean = (key: string): Flag<boolean, unknown> =>
  make({
    key,
    decodeValue: (value) =>
      typeof value === "boolean"
        ? Either.right(value)
        : Either.left(new FlagValueError({ flag: key, wanted: "a boolean", seen: "a variant" })),
    decodePayload: Effect.succeed
  })

/**
 * A flag with variants; `false` when it is off. A variant that is not listed, and a plain `true`, are a
 * `FlagValueError`.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const pricing = Flag.variants("pricing", ["control", "annual"])
 * const snapshot = FlagSnapshot.fromValues({ pricing: "annual" })
 *
 * // Effect<Option<"control" | "annual" | false>, FlagValueError>
 * assert.deepStrictEqual(Effect.runSync(snapshot.get(pricing)), Option.some("annual"))
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const variants = <const Variants extends ReadonlyArray<string>>(
  key: string,
  declared: Variants
): Flag<Variants[number] | false, unknown> => {
  const known = new Set<string>(declared)
  const wanted = `${declared.map((variant) => `"${variant}"`).join(", ")} or false`
  const isDeclared = (value: boolean | string): value is Variants[number] =>
    typeof value === "string" && known.has(value)
  return make<Variants[number] | false, unknown>({
    key,
    decodeValue: (value) =>
      value === false || isDeclared(value)
        ? Either.right(value)
        : Either.left(
          new FlagValueError({
            flag: key,
            wanted,
            seen: value === true ? "true without a variant" : "an undeclared variant"
          })
        ),
    decodePayload: Effect.succeed
  })
}

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/**
 * Types the payload of a flag. The schema may transform, also asynchronously, but not require services.
 *
 * @example
 * ```ts
 * import { Effect, Option, Schema } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const banner = Flag.boolean("banner").pipe(Flag.withPayload(Schema.Struct({ text: Schema.String })))
 * const snapshot = FlagSnapshot.fromValues({ banner: true }, { payloads: { banner: { text: "Hello" } } })
 *
 * assert.deepStrictEqual(Effect.runSync(snapshot.payload(banner)), Option.some({ text: "Hello" }))
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const withPayload: {
  <P, I>(schema: Schema.Schema<P, I>): <A, P0>(self: Flag<A, P0>) => Flag<A, P>
  <A, P0, P, I>(self: Flag<A, P0>, schema: Schema.Schema<P, I>): Flag<A, P>
} = dual(2, <A, P0, P, I>(self: Flag<A, P0>, schema: Schema.Schema<P, I>): Flag<A, P> => {
  const decode = Schema.decodeUnknown(schema)
  return make({
    key: self.key,
    decodeValue: self.decodeValue,
    decodePayload: (payload) =>
      Effect.mapError(decode(payload), (error) =>
        new FlagPayloadError({
          flag: self.key,
          wanted: String(schema.ast),
          seen: kindOf(payload),
          path: issuePath(error.issue)
        }))
  })
})

/**
 * The flags of an application in one place, by a name of their own.
 *
 * @since 3.0.0
 * @category models
 */
export type Registry<Flags extends Readonly<Record<string, Flag<unknown, unknown>>>> = Flags

/**
 * Lists an application's flags once. The result is the record itself, frozen; {@link keys} gives the keys to evaluate.
 *
 * @example
 * ```ts
 * import { Flag } from "effect-posthog"
 *
 * const flags = Flag.registry({
 *   newCheckout: Flag.boolean("new-checkout"),
 *   pricing: Flag.variants("pricing", ["control", "annual"])
 * })
 *
 * assert.deepStrictEqual(Flag.keys(flags), ["new-checkout", "pricing"])
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const registry = <const Flags extends Readonly<Record<string, Flag<unknown, unknown>>>>(
  flags: Flags
): Registry<Flags> => Object.freeze({ ...flags })

/**
 * The keys of the flags in a registry, each once: what `flagKeys` of an evaluation takes.
 *
 * @since 3.0.0
 * @category getters
 */
export const keys = (flags: Readonly<Record<string, Flag<unknown, unknown>>>): ReadonlyArray<string> => [
  ...new Set(Object.values(flags).map((flag) => flag.key))
]

/**
 * Whether a value is a `Flag`.
 *
 * @since 3.0.0
 * @category guards
 */
export const isFlag = (value: unknown): value is Flag<unknown, unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/**
 * The value type of a flag: `Flag.Value<typeof pricing>`.
 *
 * @since 3.0.0
 * @category models
 */
export type Value<F> = F extends Flag<infer A, infer _P> ? A : never

/**
 * The payload type of a flag.
 *
 * @since 3.0.0
 * @category models
 */
export type Payload<F> = F extends Flag<infer _A, infer P> ? P : never
