// Generated from packages/testkit/src/internal/json.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"

/** @internal */
export type JsonObject = Readonly<Record<string, unknown>>

/** @internal */
export const objectOrEmpty = (value: unknown): JsonObject => (isRecord(value) ? value : {})

/** @internal */
export const arrayOrEmpty = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** @internal */
export const stringOr = <A>(value: unknown, otherwise: A): string | A => (typeof value === "string" ? value : otherwise)
