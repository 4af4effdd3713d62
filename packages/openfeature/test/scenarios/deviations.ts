import { Mismatch } from "./steps.ts"
import type { World } from "./World.ts"

const valuesOf = ({ asked, flags }: World): ReadonlyArray<unknown> =>
  Object.values(asked === undefined ? {} : flags[asked.key]?.variants ?? {})

const isOf = (type: string) => (value: unknown): boolean => typeof value === type

/** Whether the caller asked for a boolean, and the flag's values are others. */
const asksForBoolean = (world: World): boolean =>
  world.asked?.kind === "boolean" && valuesOf(world).some((value) => !isOf("boolean")(value))

/** Whether the caller asked for a string, and the flag's values are booleans. */
const asksForString = (world: World): boolean => world.asked?.kind === "string" && valuesOf(world).some(isOf("boolean"))

/** Why a scenario does not hold for a PostHog flag, and never will. Absent: it should have held. */
export const deviationOf = (world: World, step: string, error: unknown): string | undefined => {
  if (step.includes("CACHED")) return "nothing is cached: each evaluation decides anew"
  if (!(error instanceof Mismatch)) return undefined
  if (asksForBoolean(world)) return "every PostHog flag is a boolean too: on in any variant"
  if (asksForString(world)) return "the key of a variant is a string, whatever its payload is"
  if (step.includes("metadata should contain")) return "PostHog's definitions hold no metadata of the user"
  if (step.includes("metadata is empty")) return "the metadata always says where a value is from"
  const wanted = `${String(error.expected)} ${String(error.actual)}`
  switch (wanted) {
    case "STATIC TARGETING_MATCH":
      return "PostHog does not tell a flag without a rule from one whose rule matched"
    case "STATIC SPLIT":
    case "TARGETING_MATCH SPLIT":
      return "a PostHog flag that is false is off: it is rolled out to nobody"
    case "DEFAULT TARGETING_MATCH":
      return "the default variant is PostHog's last condition, which matches like any other"
    default:
      return undefined
  }
}
