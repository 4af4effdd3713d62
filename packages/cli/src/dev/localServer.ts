import type { CompiledDefinitions } from "@effect-posthog/evaluator"
import { compile } from "@effect-posthog/evaluator"
import * as PostHogServer from "@effect-posthog/testkit/PostHogServer"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CommandError } from "../terminal/output.ts"
import { unusable } from "../terminal/output.ts"
import type { DefinitionsOrigin } from "./definitionsFeed.ts"
import { firstDefinitions, reloads } from "./definitionsFeed.ts"
import type { Forced } from "./forcedDefinitions.ts"
import { forceFlags } from "./forcedDefinitions.ts"

/** What a local server starts with. */
export interface LocalServerOptions {
  readonly port: number
  readonly projectKey: string
  readonly secretKey: string
  readonly origin: DefinitionsOrigin
}

/** The definitions that a local server serves. */
export interface LocalState {
  /** As they were read. */
  readonly document: unknown
  readonly forced: Forced
  /** With the forced values, as they are served. */
  readonly compiled: CompiledDefinitions
  readonly problems: number
  /** Grows with every change. */
  readonly revision: number
  /** Why newer definitions were not taken; the ones of before stay in place. */
  readonly kept: string | undefined
}

/** A PostHog-compatible server of this machine, with the definitions that it serves. */
export interface LocalServer {
  readonly posthog: PostHogServer.PostHogServer["Type"]
  readonly state: Effect.Effect<LocalState>
  readonly changes: Stream.Stream<LocalState>
  /** Forces a flag to a value, or no longer. */
  readonly force: (key: string, value: boolean | string | undefined) => Effect.Effect<void>
}

const emptyDocument = { flags: [], group_type_mapping: {}, cohorts: {} }

const codeOf = (error: unknown): string | undefined => {
  const cause: unknown = Predicate.isRecord(error) ? error["cause"] : undefined
  if (Predicate.isRecord(cause) && typeof cause["code"] === "string") return cause["code"]
  return Predicate.isRecord(cause) ? codeOf(cause) : undefined
}

/** Why a port could not be listened on. */
export const describeListening = (port: number, error: unknown): CommandError => {
  const code = codeOf(error)
  return unusable(
    code === "EADDRINUSE"
      ? `port ${port} is taken: stop what listens there, or choose another one (0 is any free port)`
      : code === "EACCES"
      ? `port ${port} may not be used: ports below 1024 are privileged`
      : `cannot listen on port ${port}${code === undefined ? "" : ` (${code})`}`
  )
}

const stateOf = (document: unknown, forced: Forced, revision: number, kept: string | undefined): LocalState => {
  const { definitions, problems } = compile(forceFlags(document, forced))
  return { document, forced, compiled: definitions, problems: problems.length, revision, kept }
}

/** Starts a server on loopback. It follows its origin, and lives as long as the scope. */
export const makeLocalServer = (
  options: LocalServerOptions
): Effect.Effect<LocalServer, CommandError, FileSystem.FileSystem | HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const definitions = yield* firstDefinitions(options.origin)
    const document = definitions?.document ?? emptyDocument
    const posthog = yield* PostHogServer.make({
      definitions: document,
      port: options.port,
      projectKey: options.projectKey,
      secretKey: options.secretKey,
      capacity: 1000
    }).pipe(Effect.mapError((error) => describeListening(options.port, error)))
    const state = yield* Ref.make(stateOf(document, new Map(), 0, undefined))
    const changes = yield* PubSub.sliding<LocalState>(16)
    const update = (change: (state: LocalState) => LocalState) =>
      Ref.updateAndGet(state, change).pipe(
        Effect.tap(({ document, forced }) => posthog.setDefinitions(forceFlags(document, forced))),
        Effect.flatMap((current) => PubSub.publish(changes, current)),
        Effect.asVoid
      )

    yield* reloads(options.origin).pipe(
      Stream.runForEach((reload) =>
        update(({ document, forced, revision, ...current }) =>
          reload._tag === "Loaded"
            ? stateOf(reload.definitions.document, forced, revision + 1, undefined)
            : { ...current, document, forced, revision: revision + 1, kept: reload.problem }
        )
      ),
      Effect.forkScoped
    )
    return {
      posthog,
      state: Ref.get(state),
      changes: Stream.fromPubSub(changes),
      force: (key, value) =>
        update(({ document, forced, kept, revision }) => {
          const next = new Map(forced)
          if (value === undefined) next.delete(key)
          else next.set(key, value)
          return stateOf(document, next, revision + 1, kept)
        })
    }
  })
