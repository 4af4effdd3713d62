import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn, spawnSync } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

const debian = "/usr/lib/postgresql"

const folder = existsSync(debian)
  ? readdirSync(debian).sort().map((version) => join(debian, version, "bin")).reverse().find((bin) =>
    existsSync(join(bin, "initdb"))
  )
  : undefined

const idOf = (flag: "-u" | "-g") => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout)

/** PostgreSQL refuses to run as root. */
const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined

/** Whether the server of the Debian package `postgresql` can be started here. */
export const isInstalled = folder !== undefined

export const missing = "skipped: PostgreSQL is not installed (apt-get install postgresql)"

export const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

export const realPause = Effect.async<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 5)
  return Effect.sync(() => clearTimeout(timer))
})

export interface Postgres {
  readonly port: number
  readonly stall: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
}

/** A server with an empty database on a free port, killed with the scope. */
export const startPostgres: Effect.Effect<Postgres, never, Scope.Scope> = Effect.gen(function*() {
  const bin = folder ?? ""
  const port = yield* freePort
  const data = mkdtempSync(join(tmpdir(), "effect-posthog-postgres-"))
  if (user !== undefined) chownSync(data, user.uid, user.gid)
  const { status, stderr } = spawnSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
    { ...user, encoding: "utf8", cwd: data }
  )
  if (status !== 0) return yield* Effect.dieMessage(`initdb failed: ${stderr}`)
  const running = spawn(
    join(bin, "postgres"),
    ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${data}`, "-F"],
    { ...user, cwd: data, stdio: "ignore" }
  )
  yield* Effect.addFinalizer(() =>
    Effect.async<void>((resume) => {
      const done = () => {
        rmSync(data, { recursive: true, force: true })
        resume(Effect.void)
      }
      if (running.exitCode !== null) return done()
      running.once("exit", done)
      running.kill("SIGCONT")
      running.kill("SIGQUIT")
    })
  )
  const ready = Effect.sync(() =>
    spawnSync(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).status === 0
  )
  yield* Effect.repeat(Effect.zipRight(realPause, ready), { until: (isReady) => isReady })
  // The processes that serve connections are children of this one.
  const signal = (name: string) =>
    Effect.sync(() => {
      spawnSync("pkill", [`-${name}`, "-P", String(running.pid)])
    })
  return { port, stall: signal("STOP"), resume: signal("CONT") }
})
