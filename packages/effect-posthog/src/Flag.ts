/**
 * Typed flags: an application declares once which values and payloads a flag has, and what it means while PostHog says
 * nothing about it. Use them in place of keys; a typo or an undeclared variant then does not compile.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual, identity } from "effect/Function"
import * as Option from "effect/Option"
import type { ParseIssue } from "effect/ParseResult"
import { pipeArguments } from "effect/Pipeable"
import type { Pipeable } from "effect/Pipeable"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import type * as Types from "effect/Types"
import { isFlag, keyOf, keys, TypeId as flagTypeId } from "./internal/flagKeys.ts"
import { oneLine, quote } from "./internal/quote.ts"

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
export const TypeId: TypeId = flagTypeId

/**
 * The type of the brand of flags.
 *
 * @since 3.0.0
 * @category type ids
 */
export type TypeId = "~effect-posthog/Flag"

/**
 * A flag whose value is an `A` and whose payload is a `P`.
 *
 * **When to use**
 *
 * Wherever a key is accepted: `FlagSnapshot.get`, `isEnabled`, `match`, `payload`, `only`, `detail`, `flagKeys`.
 *
 * **Details**
 *
 * `VD` and `PD` say whether the value and the payload have a default ({@link withDefault}, {@link withPayloadDefault}).
 * With a default, reading yields the value itself and cannot fail; without one, it yields an `Option` and fails when
 * PostHog's value is not declared.
 *
 * @since 3.0.0
 * @category models
 */
export interface Flag<out A, out P = unknown, out VD extends boolean = false, out PD extends boolean = false>
  extends Pipeable
{
  readonly [TypeId]: {
    readonly _A: Types.Covariant<A>
    readonly _P: Types.Covariant<P>
    readonly _VD: Types.Covariant<VD>
    readonly _PD: Types.Covariant<PD>
  }
  readonly key: string
  /** Accepts or refuses the value that was evaluated. */
  readonly decodeValue: (value: boolean | string) => Either.Either<A, FlagValueError>
  /** Accepts or refuses the payload, already decoded from JSON. */
  readonly decodePayload: (payload: unknown) => Effect.Effect<P, FlagPayloadError>
  /** What {@link withDefault} declared. */
  readonly defaultValue: Option.Option<A>
  /** What {@link withPayloadDefault} declared. */
  readonly defaultPayload: Option.Option<P>
}

/**
 * A flag of any value and payload, with or without defaults.
 *
 * @since 3.0.0
 * @category models
 */
export type Any = Flag<unknown, unknown, boolean, boolean>

/**
 * Flags by the names an application gives them; see {@link registry}.
 *
 * @since 3.0.0
 * @category models
 */
export interface Registry {
  readonly [name: string]: Any
}

/**
 * A flag, or its key as text.
 *
 * @since 3.0.0
 * @category models
 */
export type FlagKey = string | Any

/**
 * Several flags or keys. Text alone is not accepted: it would mean its letters.
 *
 * @since 3.0.0
 * @category models
 */
export type FlagKeys = ReadonlyArray<FlagKey> | ReadonlySet<FlagKey>

/**
 * `A` where there is a default, `Option<A>` where there is none.
 *
 * @since 3.0.0
 * @category models
 */
export type OrOption<D extends boolean, A> = D extends true ? A : Option.Option<A>

/**
 * `never` where there is a default, `E` where there is none.
 *
 * @since 3.0.0
 * @category models
 */
export type Unless<D extends boolean, E> = D extends true ? never : E

type Fits<B, A> = [B] extends [A] ? unknown
  : { readonly "this default is not a value of the flag; its values are": A }

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
    return `Flag ${quote(this.flag)}: wanted ${oneLine(this.wanted)}, saw ${this.seen}`
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
    const place = this.path === "" ? "" : `, which does not fit at ${oneLine(this.path)}`
    return `Payload of flag ${quote(this.flag)}: wanted ${oneLine(this.wanted)}, saw ${oneLine(this.seen)}${place}`
  }
}

const Proto = {
  [TypeId]: { _A: identity, _P: identity, _VD: identity, _PD: identity },
  pipe() {
    return pipeArguments(this, arguments)
  }
}

type Fields<A, P> = Pick<
  Flag<A, P, boolean, boolean>,
  "key" | "decodeValue" | "decodePayload" | "defaultValue" | "defaultPayload"
>

const make = <A, P, VD extends boolean = false, PD extends boolean = false>(
  fields: Fields<A, P>
): Flag<A, P, VD, PD> => Object.freeze(Object.assign(Object.create(Proto), fields))

const fieldsOf = <A, P>(flag: Flag<A, P, boolean, boolean>): Fields<A, P> => ({
  key: flag.key,
  decodeValue: flag.decodeValue,
  decodePayload: flag.decodePayload,
  defaultValue: flag.defaultValue,
  defaultPayload: flag.defaultPayload
})

const undeclared = { defaultValue: Option.none(), decodePayload: Effect.succeed, defaultPayload: Option.none() }

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
export const boolean = (key: string): Flag<boolean> =>
  make<boolean, unknown>({
    ...undeclared,
    key,
    decodeValue: (value) =>
      typeof value === "boolean"
        ? Either.right(value)
        : Either.left(new FlagValueError({ flag: key, wanted: "a boolean", seen: "a variant" }))
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
): Flag<Variants[number] | false> => {
  const known = new Set<string>(declared)
  const wanted = `${declared.map(quote).join(", ")} or false`
  const isDeclared = (value: boolean | string): value is Variants[number] =>
    typeof value === "string" && known.has(value)
  return make<Variants[number] | false, unknown>({
    ...undeclared,
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
        )
  })
}

const kindOf = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/**
 * Declares what a flag is while it has no value, or one that it does not declare.
 *
 * **When to use**
 *
 * For most flags: reading then yields a plain value and cannot fail, so an outage, a flag that was deleted or a variant
 * that was added never takes a request down.
 *
 * **Details**
 *
 * It decides `FlagSnapshot.get`, `isEnabled` and `match`. A value that the flag does not declare is logged once. The
 * order of `withDefault` and {@link withPayload} does not matter.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(Flag.withDefault("control"))
 *
 * // Effect<"control" | "annual" | false>
 * const value = FlagSnapshot.fromValues({}).get(pricing)
 *
 * assert.strictEqual(Effect.runSync(value), "control")
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const withDefault: {
  <const B extends boolean | string>(
    value: B
  ): <A, P, VD extends boolean, PD extends boolean>(self: Flag<A, P, VD, PD> & Fits<B, A>) => Flag<A, P, true, PD>
  <A, P, VD extends boolean, PD extends boolean>(
    self: Flag<A, P, VD, PD>,
    value: NoInfer<A>
  ): Flag<A, P, true, PD>
} = dual(
  2,
  <A, P, VD extends boolean, PD extends boolean>(self: Flag<A, P, VD, PD>, value: A): Flag<A, P, true, PD> =>
    make({ ...fieldsOf(self), defaultValue: Option.some(value) })
)

/**
 * Declares the payload of a flag by a schema, which may transform, also asynchronously, but not require services.
 *
 * **Example**
 *
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
  <P, I>(
    schema: Schema.Schema<P, I>
  ): <A, P0, VD extends boolean, PD extends boolean>(self: Flag<A, P0, VD, PD>) => Flag<A, P, VD, false>
  <A, P0, VD extends boolean, PD extends boolean, P, I>(
    self: Flag<A, P0, VD, PD>,
    schema: Schema.Schema<P, I>
  ): Flag<A, P, VD, false>
} = dual(
  2,
  <A, P0, VD extends boolean, PD extends boolean, P, I>(
    self: Flag<A, P0, VD, PD>,
    schema: Schema.Schema<P, I>
  ): Flag<A, P, VD, false> => {
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
          })),
      defaultValue: self.defaultValue,
      defaultPayload: Option.none()
    })
  }
)

/**
 * Declares the payload of a flag that has none, or one that does not fit its schema.
 *
 * **Details**
 *
 * It decides `FlagSnapshot.payload` alone. A payload that does not fit is logged once. Declare the schema first:
 * {@link withPayload} takes a default away, since it changes the type.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const banner = Flag.boolean("banner").pipe(
 *   Flag.withPayload(Schema.Struct({ text: Schema.String })),
 *   Flag.withPayloadDefault({ text: "Welcome" })
 * )
 *
 * assert.deepStrictEqual(Effect.runSync(FlagSnapshot.fromValues({}).payload(banner)), { text: "Welcome" })
 * ```
 *
 * @since 3.0.0
 * @category combinators
 */
export const withPayloadDefault: {
  <const Q>(
    value: Q
  ): <A, P, VD extends boolean, PD extends boolean>(self: Flag<A, P, VD, PD> & Fits<Q, P>) => Flag<A, P, VD, true>
  <A, P, VD extends boolean, PD extends boolean>(
    self: Flag<A, P, VD, PD>,
    value: NoInfer<P>
  ): Flag<A, P, VD, true>
} = dual(
  2,
  <A, P, VD extends boolean, PD extends boolean>(self: Flag<A, P, VD, PD>, value: P): Flag<A, P, VD, true> =>
    make({ ...fieldsOf(self), defaultPayload: Option.some(value) })
)

/**
 * Lists an application's flags once.
 *
 * **When to use**
 *
 * With `evaluateFlags({ flags: registry })` and `RequestFlags.of(registry)`: they evaluate these flags alone, and their
 * snapshot reads them by name, as in `yield* snapshot.flags.newCheckout`.
 *
 * **Details**
 *
 * The result is the record itself, frozen. {@link keys} gives the keys of its flags.
 *
 * **Example**
 *
 * ```ts
 * import { Flag } from "effect-posthog"
 *
 * const flags = Flag.registry({
 *   newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
 *   pricing: Flag.variants("pricing", ["control", "annual"])
 * })
 *
 * assert.deepStrictEqual(Flag.keys(flags), ["new-checkout", "pricing"])
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const registry = <const Flags extends Registry>(flags: Flags): Flags => Object.freeze({ ...flags })

export {
  /**
   * Whether a value is a `Flag`.
   *
   * @since 3.0.0
   * @category guards
   */
  isFlag,
  /**
   * The key of a flag, or the key itself; empty for what code without types passes in their place.
   *
   * @since 3.0.0
   * @category getters
   */
  keyOf,
  /**
   * The keys of several flags, or of the flags in a registry, each once.
   *
   * **Details**
   *
   * What code without types passes is read as it was meant: text alone is one key, and what is neither a key nor a flag
   * is left out.
   *
   * @since 3.0.0
   * @category getters
   */
  keys
}

/**
 * The value type of a flag: `Flag.Value<typeof pricing>`.
 *
 * @since 3.0.0
 * @category models
 */
export type Value<F> = F extends Flag<infer A, unknown, boolean, boolean> ? A : never

/**
 * The payload type of a flag.
 *
 * @since 3.0.0
 * @category models
 */
export type Payload<F> = F extends Flag<unknown, infer P, boolean, boolean> ? P : never

/**
 * What a flag is forced to, in overrides and tests: one of its values, or a value with a payload.
 *
 * @since 3.0.0
 * @category models
 */
export type Forced<F> = Value<F> | { readonly value: Value<F>; readonly payload?: Payload<F> }
