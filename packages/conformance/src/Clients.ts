/**
 * The clients of the tests that run: one for each test id, and one for calls without.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { PostHogConfigError } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Client } from "./Client.ts"
import * as ClientModule from "./Client.ts"
import type { Init } from "./Messages.ts"
import type { Mode } from "./Mode.ts"

export interface Clients {
  /** Discards the client of this test, when there is one, and makes another. */
  readonly init: (testId: string | undefined, init: Init) => Effect.Effect<void, PostHogConfigError>
  readonly get: (testId: string | undefined) => Effect.Effect<Option.Option<Client>>
  /** Discards the client of this test, when there is one. */
  readonly reset: (testId: string | undefined) => Effect.Effect<void>
}

// The harness never says that a test is over. An idle client costs next to nothing, yet they must not pile up.
const defaultCapacity = 256

/**
 * Keeps as many clients as the capacity says: one more, and the one that was not used for longest is discarded. When
 * the scope closes, all are.
 */
export const make = (
  mode: Mode,
  capacity: number = defaultCapacity
): Effect.Effect<Clients, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<HttpClient.HttpClient>()
    const clients = new Map<string | undefined, Client>()
    const oneAtATime = Effect.unsafeMakeSemaphore(1).withPermits(1)

    const reset = (testId: string | undefined): Effect.Effect<void> =>
      Effect.suspend(() => {
        const client = clients.get(testId)
        clients.delete(testId)
        return client === undefined ? Effect.void : client.discard
      })

    const init = (testId: string | undefined, init: Init) =>
      Effect.gen(function*() {
        yield* reset(testId)
        const client = yield* ClientModule.make(init, mode, testId)
        clients.set(testId, client)
        for (const longestUnused of clients.keys()) {
          if (clients.size <= capacity) break
          yield* reset(longestUnused)
        }
      }).pipe(Effect.provide(context))

    yield* Effect.addFinalizer(() => Effect.forEach([...clients.keys()], reset, { concurrency: "unbounded" }))

    return {
      init: (testId, message) => Effect.uninterruptible(oneAtATime(init(testId, message))),
      get: (testId) =>
        Effect.sync(() => {
          const client = clients.get(testId)
          if (client === undefined) return Option.none()
          clients.delete(testId)
          clients.set(testId, client)
          return Option.some(client)
        }),
      reset: (testId) => Effect.uninterruptible(oneAtATime(reset(testId)))
    }
  })
