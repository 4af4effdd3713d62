// Generated from packages/effect-posthog/src/internal/flagKeys.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Any, FlagKey, FlagKeys, Registry } from "../Flag.ts"

/**
 * The brand of flags.
 *
 * @internal
 */
export const TypeId = "~effect-posthog/Flag"

/**
 * Whether a value is a `Flag`.
 *
 * @since 3.0.0
 * @category guards
 */
export const isFlag = (value: unknown): value is Any => typeof value === "object" && value !== null && TypeId in value

/**
 * The key of a flag, or the key itself; empty for what code without types passes in their place.
 *
 * @since 3.0.0
 * @category getters
 */
export const keyOf = (flag: FlagKey): string => typeof flag === "string" ? flag : isFlag(flag) ? flag.key : ""

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value

/**
 * The keys of several flags, or of the flags in a registry, each once.
 *
 * @since 3.0.0
 * @category getters
 */
export const keys = (flags: FlagKeys | Registry): ReadonlyArray<string> => {
  const given: unknown = flags
  if (typeof given === "string") return [given]
  if (typeof given !== "object" || given === null) return []
  if (isFlag(given)) return [given.key]
  const found = new Set<string>()
  for (const flag of isIterable(given) ? given : Object.values(given)) {
    if (typeof flag === "string") found.add(flag)
    else if (isFlag(flag)) found.add(flag.key)
  }
  return [...found]
}

/**
 * Whether a record is a registry of flags rather than a record of values. An empty one is neither.
 *
 * @internal
 */
export const isRegistry = (value: object): value is Registry => {
  const members = Object.values(value)
  return members.length > 0 && members.every(isFlag)
}
