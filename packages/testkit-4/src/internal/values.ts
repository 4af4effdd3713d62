// Generated from packages/testkit/src/internal/values.ts by packages/tools/editions.mjs: change that file, not this one.
import { toStringUnknown } from "effect/Inspectable"

/**
 * Whether two JSON values are the same.
 *
 * @internal
 */
export const isSame = (left: unknown, right: unknown): boolean => {
  if (left === right) return true
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const leftKeys = Object.keys(left)
  const rightKeys = Object.keys(right)
  return leftKeys.length === rightKeys.length &&
    leftKeys.every((key) => Object.hasOwn(right, key) && isSame(Reflect.get(left, key), Reflect.get(right, key)))
}

/**
 * A value as messages show it.
 *
 * @internal
 */
export const shown = (value: unknown): string => {
  if (value === undefined) return "nothing"
  return typeof value === "string" ? JSON.stringify(value) : toStringUnknown(value, 0)
}
