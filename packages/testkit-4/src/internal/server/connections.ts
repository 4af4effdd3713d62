// Generated from packages/testkit/src/internal/server/connections.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Http from "node:http"
import type * as Net from "node:net"

/**
 * The sockets a server holds, so that they can be counted, awaited and destroyed.
 *
 * @internal
 */
export interface Connections {
  readonly open: Effect.Effect<number>
  /** Resolves when at most this many are open. */
  readonly awaitAtMost: (count: number) => Effect.Effect<void>
  /** Destroys every socket, and every later one at once. */
  readonly destroyAll: Effect.Effect<void>
}

/** @internal */
export const track = (server: Http.Server): Connections => {
  const sockets = new Set<Net.Socket>()
  const waiters = new Set<{ readonly count: number; readonly signal: Deferred.Deferred<void> }>()
  let closing = false

  server.on("connection", (socket) => {
    if (closing) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      for (const waiter of waiters) {
        if (sockets.size <= waiter.count) Deferred.doneUnsafe(waiter.signal, Effect.void)
      }
    })
  })

  return {
    open: Effect.sync(() => sockets.size),
    awaitAtMost: (count) =>
      Effect.suspend(() => {
        if (sockets.size <= count) return Effect.void
        return Effect.flatMap(Deferred.make<void>(), (signal) => {
          const waiter = { count, signal }
          waiters.add(waiter)
          return Effect.ensuring(Deferred.await(signal), Effect.sync(() => waiters.delete(waiter)))
        })
      }),
    destroyAll: Effect.sync(() => {
      closing = true
      for (const socket of sockets) socket.destroy()
    })
  }
}
