import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort, realPause } from "./postgres.ts"

const server = "/usr/sbin/mariadbd"

/** Whether the server of the Debian package `mariadb-server-core` can be started here. */
export const isMariadbInstalled = existsSync(server)

const accepts = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = createConnection({ port, host: "127.0.0.1" })
    const answer = (does: boolean) => () => {
      socket.destroy()
      resume(Effect.succeed(does))
    }
    // A server greets.
    socket.once("data", answer(true))
    socket.once("error", answer(false))
    socket.once("close", answer(false))
  })

/** A server without accounts and an empty folder on a free port, killed with the scope. */
export const startMariadb: Effect.Effect<{ readonly port: number }, never, Scope.Scope> = Effect.gen(function*() {
  const port = yield* freePort
  const data = mkdtempSync(join(tmpdir(), "effect-posthog-mariadb-"))
  const running = spawn(
    server,
    [
      "--no-defaults",
      "--user=root",
      `--datadir=${data}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(data, "socket")}`,
      "--skip-grant-tables",
      "--skip-networking=0",
      "--innodb-flush-log-at-trx-commit=0",
      "--innodb-buffer-pool-size=32M"
    ],
    { cwd: data, stdio: "ignore" }
  )
  yield* Effect.addFinalizer(() =>
    Effect.async<void>((resume) => {
      const done = () => {
        rmSync(data, { recursive: true, force: true })
        resume(Effect.void)
      }
      if (running.exitCode !== null) return done()
      running.once("exit", done)
      running.kill("SIGKILL")
    })
  )
  yield* Effect.repeat(Effect.zipRight(realPause, accepts(port)), { until: (isReady) => isReady })
  return { port }
})
