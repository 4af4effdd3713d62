import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer } from "node:net"

/** Stands before a server and counts the bytes in both directions. */
export const countingProxy = (
  target: number
): Effect.Effect<{ readonly port: number; readonly bytes: () => number }, never, Scope.Scope> =>
  Effect.gen(function*() {
    let bytes = 0
    const server = createServer((socket) => {
      const upstream = connect(target, "127.0.0.1")
      for (const [from, to] of [[socket, upstream], [upstream, socket]] as const) {
        from.on("data", (chunk) => {
          bytes += chunk.length
          to.write(chunk)
        })
        from.on("error", () => to.destroy())
        from.on("close", () => to.destroy())
      }
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () => Effect.sync(() => server.close())
    )
    const address = server.address()
    return { port: typeof address === "object" && address !== null ? address.port : 0, bytes: () => bytes }
  })
