// Generated from packages/testkit/src/internal/server/randomUuid.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/**
 * A version 4 UUID from the `Random` service, so that a seeded program sees the same ids in every run.
 *
 * @internal
 */
export const randomUuid: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 0x100000000), 4),
  (words) => {
    const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("")
    const variant = (8 + (Number.parseInt(hex.charAt(16), 16) & 3)).toString(16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${
      hex.slice(20)
    }`
  }
)
