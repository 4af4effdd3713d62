/** @internal */
export type JsonObject = Readonly<Record<string, unknown>>

/** @internal */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** @internal */
export const objectOrEmpty = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** @internal */
export const arrayOrEmpty = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** @internal */
export const stringOr = <A>(value: unknown, otherwise: A): string | A => (typeof value === "string" ? value : otherwise)
