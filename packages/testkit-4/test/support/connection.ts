// Generated from packages/testkit/test/support/connection.ts by packages/tools/editions.mjs: change that file, not this one.
import { iterate } from "./standIns.ts"
import { Deferred, Effect, Queue } from "effect"
import { connect } from "node:net"
import * as Client from "./client.ts"

/** What a client sees on its socket, byte by byte: nothing between it and the server. */
export const connection = Effect.gen(function*() {
  const { port } = new URL((yield* Client.server).url)
  const chunks = yield* Queue.unbounded<string>()
  const end = yield* Deferred.make<"end" | "reset">()
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => connect(Number(port), "127.0.0.1")),
    (socket) => Effect.sync(() => socket.destroy())
  )
  socket.setEncoding("utf8")
  socket.on("data", (chunk: string) => Queue.offerUnsafe(chunks, chunk))
  socket.on("end", () => Deferred.doneUnsafe(end, Effect.succeed("end")))
  socket.on(
    "error",
    (error: NodeJS.ErrnoException) =>
      Deferred.doneUnsafe(end, error.code === "ECONNRESET" ? Effect.succeed("reset") : Effect.die(error))
  )
  return {
    post: (path: string, body: unknown) =>
      Effect.sync(() => {
        const text = JSON.stringify(body)
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
        )
      }),
    /** The next bytes that arrive. */
    received: Queue.take(chunks),
    /** How the connection ended. */
    end: Deferred.await(end),
    isOpen: Effect.map(Deferred.isDone(end), (done) => !done)
  }
})

/** Everything received until the text ends in the given way. */
export const receivedUntil = (received: Effect.Effect<string>, isComplete: (text: string) => boolean) =>
  iterate("", {
    while: (text) => !isComplete(text),
    body: (text) => Effect.map(received, (chunk) => text + chunk)
  })

export const bodyOf = (response: string): string => response.slice(response.indexOf("\r\n\r\n") + 4)
