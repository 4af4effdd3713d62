// Generated from packages/effect-posthog/test/support/relay.ts by packages/tools/editions.mjs: change that file, not this one.
import { Effect } from "effect"
import type { Scope } from "effect"
import type { AddressInfo, Socket } from "node:net"
import { connect, createServer } from "node:net"

/** What is done to a connection, as soon as something arrives on it. */
export type Intervention = (socket: Socket) => void

/**
 * Listens in front of a server. Each intervention is for one of the first connections; the others are passed on. Closes,
 * with its connections, when the scope does.
 */
export const relay = (
  url: string,
  interventions: ReadonlyArray<Intervention>
): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
        const pending = [...interventions]
        const sockets = new Set<Socket>()
        const keep = (socket: Socket) => {
          sockets.add(socket)
          socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy())
          return socket
        }
        const server = createServer((incoming) => {
          keep(incoming)
          const intervention = pending.shift()
          if (intervention !== undefined) {
            incoming.once("data", () => intervention(incoming))
            return
          }
          const outgoing = keep(connect(Number(new URL(url).port), new URL(url).hostname))
          incoming.pipe(outgoing).pipe(incoming)
          incoming.on("close", () => outgoing.destroy())
          outgoing.on("close", () => incoming.destroy())
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          const close = () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          }
          resume(Effect.succeed({ port, close }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ),
    ({ port }) => `http://127.0.0.1:${port}`
  )
