import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { basename, dirname, resolve } from "node:path"
import type { Project } from "../definitions/posthogApi.ts"
import type { Definitions } from "../definitions/readDefinitions.ts"
import { pullDefinitions, readFileDefinitions } from "../definitions/readDefinitions.ts"
import type { CommandError } from "../terminal/output.ts"
import { printable } from "../terminal/printable.ts"

/** Where a local server has its definitions from. */
export type DefinitionsOrigin =
  | { readonly _tag: "File"; readonly file: string }
  | { readonly _tag: "Upstream"; readonly project: Project }
  | { readonly _tag: "None" }

/** What became of reading definitions again. */
export type Reload =
  | { readonly _tag: "Loaded"; readonly definitions: Definitions }
  /** The definitions of before stay in place. */
  | { readonly _tag: "Kept"; readonly problem: string }

const reload = <R>(read: Effect.Effect<Definitions, CommandError, R>): Effect.Effect<Reload, never, R> =>
  Effect.match(read, {
    onSuccess: (definitions): Reload => ({ _tag: "Loaded", definitions }),
    onFailure: ({ message }): Reload => ({ _tag: "Kept", problem: message })
  })

/** The definitions that a server starts with; without an origin it has none. */
export const firstDefinitions = (
  origin: DefinitionsOrigin
): Effect.Effect<Definitions | undefined, CommandError, FileSystem.FileSystem | HttpClient.HttpClient> => {
  switch (origin._tag) {
    case "File":
      return readFileDefinitions(origin.file)
    case "Upstream":
      return pullDefinitions(origin.project)
    case "None":
      return Effect.succeed(undefined)
  }
}

/** The folder is watched rather than the file, because many editors replace the file they save. */
const fileReloads = (file: string): Stream.Stream<Reload, never, FileSystem.FileSystem> =>
  Stream.unwrap(
    Effect.map(FileSystem.FileSystem, (files) =>
      files.watch(dirname(resolve(file))).pipe(
        Stream.filter((event) => basename(event.path) === basename(file)),
        Stream.debounce("50 millis"),
        Stream.mapEffect(() => reload(readFileDefinitions(file))),
        Stream.catchAll(() =>
          Stream.succeed<Reload>({
            _tag: "Kept",
            problem: `${printable(file)} cannot be watched: changes go unnoticed`
          })
        )
      ))
  )

/** What becomes of the definitions while a server runs: a file is read when it changes, PostHog is asked every 30 s. */
export const reloads = (
  origin: DefinitionsOrigin
): Stream.Stream<Reload, never, FileSystem.FileSystem | HttpClient.HttpClient> => {
  switch (origin._tag) {
    case "File":
      return origin.file === "-" ? Stream.empty : fileReloads(origin.file)
    case "Upstream":
      return Stream.repeatEffectWithSchedule(reload(pullDefinitions(origin.project)), Schedule.spaced("30 seconds"))
        .pipe(
          // The first one is where the server starts.
          Stream.drop(1)
        )
    case "None":
      return Stream.empty
  }
}
