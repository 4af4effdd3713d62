import { Clock, Effect } from "effect"
import { editedFlag, exposureKey, flags } from "./Assignment.ts"
import type { Assignment, Tell } from "./Assignment.ts"

/** Reads the flags of a person and gives their values, or none while there are no definitions. */
export type Serve = (distinctId: string) => Effect.Effect<ReadonlyArray<boolean>>

// The same people for the same instance in every run.
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

// What a server does between two requests: reads its sockets.
const nextTurn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Serves the requests of an assignment at an even pace. Answers with the microseconds of each, in order of length. */
export const serveAll = (
  { durationMillis, instance, people, requests }: Assignment,
  tell: Tell,
  serve: Serve
): Effect.Effect<ReadonlyArray<number>> =>
  Effect.gen(function*() {
    const next = random(instance + 1)
    const micros: Array<number> = []
    const seen = new Set<string>()
    let untold: Array<string> = []
    let edited = false
    const tellExposures = () => {
      if (untold.length > 0) tell({ _tag: "Exposures", keys: untold })
      untold = []
    }
    const started = performance.now()
    for (let request = 0; request < requests; request++) {
      const due = started + (request / requests) * durationMillis
      if (performance.now() < due) {
        tellExposures()
        yield* Effect.sleep(Math.max(1, due - performance.now()))
      } else if (request % 10 === 0) {
        yield* nextTurn
      }
      const distinctId = `person-${Math.floor(next() * people)}`
      const before = performance.now()
      const values = yield* serve(distinctId)
      micros.push((performance.now() - before) * 1000)
      if (values.length === 0) {
        tell({ _tag: "WithoutDefinitions" })
        continue
      }
      values.forEach((value, index) => {
        const key = exposureKey(distinctId, flags[index], value)
        if (!seen.has(key)) untold.push(key)
        seen.add(key)
      })
      if (!edited && values[flags.indexOf(editedFlag)] === false) {
        edited = true
        tell({ _tag: "Edited", at: yield* Clock.currentTimeMillis })
      }
    }
    tellExposures()
    return micros.sort((left, right) => left - right)
  })

/** Resolves when the process that started this one says so. */
export const go = (): Promise<void> => new Promise((resolve) => process.once("message", () => resolve()))
