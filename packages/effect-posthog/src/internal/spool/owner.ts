import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hashAtOnce } from "../definitions/fingerprint.ts"
import type { Files } from "./files.ts"

/** The owner of what nobody owns. @internal */
export const nobody = "free"

interface NodeProcess {
  readonly pid: number
  readonly kill: (pid: number, signal: 0) => unknown
}

// Not a literal in `import`, so that bundlers for runtimes without the module let it be.
const processModule = "node:process"

const nodeProcess: Effect.Effect<Option.Option<NodeProcess>> = Effect.tryPromise({
  try: () => import(/* @vite-ignore */ /* webpackIgnore: true */ processModule) as Promise<NodeProcess>,
  catch: () => undefined
}).pipe(Effect.option)

// Only the system's word that there is no such process counts: it may also forbid the question.
const isGone = ({ kill }: NodeProcess, pid: number): boolean => {
  try {
    kill(pid, 0)
    return false
  } catch (error) {
    return (error as { readonly code?: unknown } | undefined)?.code === "ESRCH"
  }
}

const pattern = /^([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)$/

const unknownStart = "0"

/**
 * A process, as the names of its files state it, and what it can find out about others.
 *
 * @internal
 */
export interface Owner {
  readonly name: string
  /** `"unknown"`: on another machine or in another container, as far as one can tell. */
  readonly stateOf: (other: string) => Effect.Effect<"alive" | "dead" | "unknown">
}

/**
 * The process that runs: its number, when it started, and where numbers of processes mean the same.
 *
 * @internal
 */
export const makeOwner = (fileSystem: Files): Effect.Effect<Owner> =>
  Effect.gen(function*() {
    const read = (effect: Effect.Effect<string, unknown>) => Effect.orElseSucceed(effect, () => "")
    // Where there is no such file, a start is unknown.
    const startOf = (pid: number): Effect.Effect<string> =>
      Effect.map(read(fileSystem.readFileString(`/proc/${pid}/stat`)), (stat) => {
        const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19])
        return Number.isSafeInteger(start) ? start.toString(36) : unknownStart
      })
    const node = Option.getOrUndefined(yield* nodeProcess)
    const pid = node?.pid ?? 0
    const machine = hashAtOnce([
      yield* read(fileSystem.readFileString("/proc/sys/kernel/random/boot_id")),
      yield* read(fileSystem.readLink("/proc/self/ns/pid"))
    ]).toString(36)
    const start = yield* startOf(pid)

    const stateOf = (other: string) =>
      Effect.suspend((): Effect.Effect<"alive" | "dead" | "unknown"> => {
        if (other === nobody) return Effect.succeed("dead")
        const [, itsMachine, pidText = "", itsStart] = pattern.exec(other) ?? []
        if (itsMachine !== machine || node === undefined) return Effect.succeed("unknown")
        const itsPid = Number.parseInt(pidText, 36)
        if (itsPid !== pid && isGone(node, itsPid)) return Effect.succeed("dead")
        if (itsStart === unknownStart) return Effect.succeed(itsPid === pid ? "alive" : "unknown")
        // Numbers of processes are used again.
        return Effect.map(startOf(itsPid), (now) =>
          now === itsStart ? "alive" : now === unknownStart ? "unknown" : "dead")
      })
    return { name: `${machine}-${pid.toString(36)}-${start}`, stateOf }
  })
