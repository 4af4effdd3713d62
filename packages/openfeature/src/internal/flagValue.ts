import type { JsonValue } from "@openfeature/server-sdk"
import * as Option from "effect/Option"

/** @internal */
export type Kind = "boolean" | "string" | "number" | "object"

/** @internal */
export type ValueOf<K extends Kind> = {
  readonly boolean: boolean
  readonly string: string
  readonly number: number
  readonly object: JsonValue
}[K]

/**
 * What a flag is to a caller that wants a value of one kind.
 *
 * @internal
 */
export type FlagValue<A> =
  | { readonly _tag: "Value"; readonly value: A; readonly variant?: string }
  /** The flag is off and has no value of this kind: the caller's default. */
  | { readonly _tag: "Off" }
  | { readonly _tag: "TypeMismatch"; readonly problem: string }
  | { readonly _tag: "ParseError" }

/** Where values come from. @internal */
export type Values = "variant" | "payload"

const off: FlagValue<never> = { _tag: "Off" }

const parseError: FlagValue<never> = { _tag: "ParseError" }

const mismatch = (problem: string): FlagValue<never> => ({ _tag: "TypeMismatch", problem })

const found = <A>(value: A, flag: boolean | string): FlagValue<A> =>
  typeof flag === "string" ? { _tag: "Value", value, variant: flag } : { _tag: "Value", value }

const numberOf = (variant: boolean | string): number | undefined => {
  if (typeof variant !== "string" || variant.trim() === "") return undefined
  const number = Number(variant)
  return Number.isFinite(number) ? number : undefined
}

/** Payloads that are not JSON arrive as their text. */
const isBrokenJson = (payload: unknown): boolean => {
  if (typeof payload !== "string" || !/^\s*[[{]/.test(payload)) return false
  try {
    JSON.parse(payload)
    return false
  } catch {
    return true
  }
}

type Read<A> = (flag: boolean | string, payload: unknown, values: Values) => FlagValue<A>

const readBoolean: Read<boolean> = (flag) => found(flag !== false, flag)

const readString: Read<string> = (flag, payload, values) => {
  if (flag === false) return off
  if (values === "payload" && typeof payload === "string") return found(payload, flag)
  return typeof flag === "string" ? found(flag, flag) : mismatch("the flag is on, without a variant")
}

const readNumber: Read<number> = (flag, payload, values) => {
  if (flag === false) return off
  if (values === "payload" && typeof payload === "number" && Number.isFinite(payload)) return found(payload, flag)
  const number = numberOf(flag)
  if (number !== undefined) return found(number, flag)
  if (values === "payload" && isBrokenJson(payload)) return parseError
  return mismatch(typeof flag === "string" ? "the variant is not a number" : "the flag is on, without a variant")
}

const readObject: Read<JsonValue> = (flag, payload) => {
  if (flag === false) return off
  // A payload is JSON, so that what is an object or a list is one all the way down.
  if (typeof payload === "object" && payload !== null) return found(payload as JsonValue, flag)
  if (isBrokenJson(payload)) return parseError
  return mismatch(
    payload === undefined ? "the flag has no payload" : "the payload is neither an object nor a list"
  )
}

const readers: { readonly [K in Kind]: Read<ValueOf<K>> } = {
  boolean: readBoolean,
  string: readString,
  number: readNumber,
  object: readObject
}

/**
 * Reads the value of a flag, and its payload, as a value of the wanted kind.
 *
 * @internal
 */
export const readFlag = <K extends Kind>(
  kind: K,
  flag: boolean | string,
  payload: Option.Option<unknown>,
  values: Values
): FlagValue<ValueOf<K>> => readers[kind](flag, Option.getOrUndefined(payload), values)
