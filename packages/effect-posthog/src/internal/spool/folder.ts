import type * as PlatformError from "@effect/platform/Error"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Files } from "./files.ts"
import type { Owner } from "./owner.ts"
import { makeOwner, nobody } from "./owner.ts"

/** How often the owner of a log shows that it lives. @internal */
export const heartbeatMillis = 10_000

/** A lock of another machine that shows no life for so long belongs to nobody. */
const silenceMillis = 2.5 * heartbeatMillis

// A log is the files of one queue layer. Its lock bears the owner in its name, so that taking it over is one rename, which
// succeeds for one process alone.
const lockPattern = /^([0-9a-z-]+)\.([0-9a-z-]+)\.lock$/
const filePattern = /^([0-9a-z-]+)\.([0-9a-z-]+)\.(\d{8})\.(events|ended)$/

/** @internal */
export interface FoundSegment {
  readonly queue: string
  /** The path without its extension. */
  readonly path: string
}

interface FoundLog {
  owners: Array<string>
  readonly segments: Array<FoundSegment>
}

/**
 * A folder that several processes share, each with a log of its own, and the logs of those that died.
 *
 * @internal
 */
export interface Folder {
  readonly directory: string
  /** Creates a log and its lock. */
  readonly create: Effect.Effect<string, PlatformError.PlatformError>
  /** Takes over the logs of dead processes that have events of these queues. */
  readonly adopt: (queues: ReadonlySet<string>) => Effect.Effect<ReadonlyArray<FoundSegment>>
  /** Shows that the owner lives. Gives the logs that others have taken over meanwhile. */
  readonly beat: Effect.Effect<ReadonlyArray<string>>
  /** Gives all locks back: those of the logs that still hold events to anybody. */
  readonly release: (isInUse: (log: string) => boolean) => Effect.Effect<void>
}

/** @internal */
export const logOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1).split(".")[0] ?? ""

/**
 * The queue of the first client of a project: it sends what all of them have left.
 *
 * @internal
 */
export const baseOf = (queue: string): string => queue.split("-").slice(0, 2).join("-")

/** @internal */
export const openFolder = (fileSystem: Files, directory: string): Folder => {
  let me: Owner | undefined
  let counter = 0
  const held = new Set<string>()
  /** When a lock of another machine was first seen in the state it is in. */
  const silentSince = new Map<string, { readonly state: string; readonly since: number }>()

  const owner = Effect.suspend(() =>
    me === undefined ? Effect.tap(makeOwner(fileSystem), (made) => Effect.sync(() => (me = made))) : Effect.succeed(me)
  )
  const lockOf = (log: string, name: string) => `${directory}/${log}.${name}.lock`

  const create: Folder["create"] = Effect.gen(function*() {
    const { name } = yield* owner
    yield* fileSystem.makeDirectory(directory, { recursive: true, mode: 0o700 })
    // An earlier client of this process may have left a log of that name, which nobody holds.
    const found = yield* Effect.orElseSucceed(fileSystem.readDirectory(directory), (): Array<string> => [])
    const taken = new Set(found.map(logOf))
    const claim: Effect.Effect<string, PlatformError.PlatformError> = Effect.suspend(() => {
      let log: string
      do log = `${name}-${(counter++).toString(36)}`
      while (taken.has(log))
      return fileSystem.writeFile(lockOf(log, name), new Uint8Array(), { flag: "wx", mode: 0o600 }).pipe(
        Effect.as(log),
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
          () => claim
        )
      )
    })
    const log = yield* claim
    held.add(log)
    return log
  })

  const isSilent = (path: string) =>
    Effect.gen(function*() {
      const info = yield* Effect.option(fileSystem.stat(path))
      const now = yield* Clock.currentTimeMillis
      const state = Option.match(info, {
        onNone: () => "",
        onSome: ({ mtime }) => String(Option.getOrUndefined(mtime)?.getTime())
      })
      const seen = silentSince.get(path)
      if (seen?.state === state && now >= seen.since) return now - seen.since >= silenceMillis
      if (silentSince.size > 1000) silentSince.clear()
      silentSince.set(path, { state, since: now })
      return false
    })

  const list = Effect.map(
    Effect.orElseSucceed(fileSystem.readDirectory(directory), (): Array<string> => []),
    (names) => {
      const logs = new Map<string, FoundLog>()
      const logOfName = (log: string): FoundLog => {
        const found = logs.get(log) ?? { owners: [], segments: [] }
        logs.set(log, found)
        return found
      }
      for (const name of names.sort()) {
        const [, locked, lockOwner] = lockPattern.exec(name) ?? []
        if (locked !== undefined && lockOwner !== undefined) logOfName(locked).owners.push(lockOwner)
        const [, log, queue, , kind] = filePattern.exec(name) ?? []
        if (log !== undefined && queue !== undefined && kind === "events") {
          logOfName(log).segments.push({ queue, path: `${directory}/${name.slice(0, -".events".length)}` })
        }
      }
      return logs
    }
  )

  // Exactly one process succeeds with the rename.
  const claim = (log: string, { owners }: FoundLog, mine: string) =>
    Effect.gen(function*() {
      const { stateOf } = yield* owner
      for (const other of owners) {
        const state = yield* stateOf(other)
        if (state === "alive") return false
        if (state === "unknown" && !(yield* isSilent(lockOf(log, other)))) return false
      }
      const [first = nobody, ...others] = owners
      if (owners.length === 0) {
        yield* fileSystem.writeFile(lockOf(log, nobody), new Uint8Array(), { flag: "wx", mode: 0o600 })
      }
      yield* fileSystem.rename(lockOf(log, first), lockOf(log, mine))
      for (const other of others) yield* Effect.ignore(fileSystem.remove(lockOf(log, other)))
      return true
    }).pipe(Effect.orElseSucceed(() => false))

  const adopt: Folder["adopt"] = (queues) =>
    Effect.gen(function*() {
      const { name } = yield* owner
      const adopted: Array<FoundSegment> = []
      for (const [log, found] of yield* list) {
        if (held.has(log)) continue
        const isEmpty = found.segments.length === 0
        if (!isEmpty && !found.segments.some(({ queue }) => queues.has(baseOf(queue)))) continue
        if (!(yield* claim(log, found, name))) continue
        if (isEmpty) {
          yield* Effect.ignore(fileSystem.remove(lockOf(log, name)))
          continue
        }
        held.add(log)
        adopted.push(...found.segments)
      }
      return adopted
    })

  const beat: Folder["beat"] = Effect.gen(function*() {
    const { name } = yield* owner
    const now = (yield* Clock.currentTimeMillis) / 1000
    const lost: Array<string> = []
    for (const log of held) {
      const exit = yield* Effect.either(fileSystem.utimes(lockOf(log, name), now, now))
      if (exit._tag === "Left" && exit.left._tag === "SystemError" && exit.left.reason === "NotFound") {
        held.delete(log)
        lost.push(log)
      }
    }
    return lost
  })

  const release: Folder["release"] = (isInUse) =>
    Effect.gen(function*() {
      const { name } = yield* owner
      for (const log of held) {
        const lock = lockOf(log, name)
        yield* Effect.ignore(isInUse(log) ? fileSystem.rename(lock, lockOf(log, nobody)) : fileSystem.remove(lock))
      }
      held.clear()
    })

  return { directory, create, adopt, beat, release }
}
