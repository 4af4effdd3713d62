// Generated from packages/effect-posthog/test/support/logged.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./standIns.ts"
import { Effect, Logger } from "effect"

/** What the effect logs, beside its result; nothing of it is printed. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = makeLogger<unknown, void>(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${[message].flat().join(" ")}`)
    })
    return effect.pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.map((result) => ({ lines, result }))
    )
  })
