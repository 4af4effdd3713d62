import { Effect, Logger } from "effect"

/** What the effect logs, beside its result; nothing of it is printed. */
export const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      lines.push(`${logLevel.label} ${[message].flat().join(" ")}`)
    })
    return effect.pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.map((result) => ({ lines, result }))
    )
  })
