import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { execFile, spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Whether the servers of the Debian packages `redis-server` and `redis-tools` can be started here. */
export const isInstalled = spawnSync("redis-server", ["--version"]).status === 0 &&
  spawnSync("redis-cli", ["--version"]).status === 0

/** How tests that need them are named where they cannot run. */
export const missing =
  "skipped: redis-server and redis-cli are not installed (apt-get install redis-server redis-tools)"

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const answers = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"))
    socket.once("data", (data) => {
      socket.destroy()
      resume(Effect.succeed(String(data).startsWith("+PONG")))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })

// The clock of the test may stand still; the server's does not.
export const realPause = Effect.async<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 5)
  return Effect.sync(() => clearTimeout(timer))
})
const pause = Schedule.mapEffect(Schedule.forever, () => realPause)

const poll = (condition: Effect.Effect<boolean>): Effect.Effect<void> =>
  condition.pipe(
    Effect.repeat({ until: (holds) => holds, schedule: pause }),
    Effect.asVoid
  )

export const redisCli = (port: number, ...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.async((resume) => {
    execFile(
      "redis-cli",
      ["-h", "127.0.0.1", "-p", String(port), ...args],
      (error, stdout, stderr) =>
        resume(
          error === null ? Effect.succeed(stdout.trim()) : Effect.dieMessage(`redis-cli: ${error.message} ${stderr}`)
        )
    )
  })

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Stops the process as a machine that hangs does: connections stay open. */
  readonly stall: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  readonly kill: Effect.Effect<void>
  /** After `kill`: an empty server on the same port. */
  readonly start: Effect.Effect<void>
}

/** A server without persistence on a free port, killed with the scope. */
export const startRedis = (
  ...options: ReadonlyArray<string>
): Effect.Effect<RedisServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const port = yield* freePort
    const folder = mkdtempSync(join(tmpdir(), "effect-posthog-redis-"))
    let running: ChildProcess | undefined
    const end = Effect.async<void>((resume) => {
      const child = running
      running = undefined
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill("SIGKILL")
    })
    const start = Effect.zipRight(
      Effect.sync(() => {
        running = spawn(
          "redis-server",
          ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, ...options],
          { stdio: "ignore" }
        )
      }),
      poll(answers(port))
    )
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(end, Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
    )
    yield* start
    const signal = (name: NodeJS.Signals) =>
      Effect.sync(() => {
        running?.kill(name)
      })
    return {
      port,
      url: `redis://127.0.0.1:${port}`,
      stall: signal("SIGSTOP"),
      resume: signal("SIGCONT"),
      kill: end,
      start
    }
  })

/** Three masters without replicas. Cluster nodes also listen on a port of their own for each other. */
export const startCluster: Effect.Effect<ReadonlyArray<RedisServer>, never, Scope.Scope> = Effect.gen(function*() {
  const nodes: Array<RedisServer> = []
  for (let index = 0; index < 3; index++) {
    const bus = yield* freePort
    nodes.push(
      yield* startRedis("--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", "2000")
    )
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  const [first] = nodes
  yield* redisCli(first?.port ?? 0, "--cluster", "create", ...addresses, "--cluster-yes")
  for (const { port } of nodes) {
    yield* poll(Effect.map(redisCli(port, "cluster", "info"), (info) => info.includes("cluster_state:ok")))
  }
  return nodes
})

export interface SentinelGroup {
  readonly sentinelPort: number
  readonly masterName: string
  readonly master: RedisServer
  readonly replica: RedisServer
}

/** A master, a replica, and one sentinel that replaces a master that is silent for a second. */
export const startSentinel: Effect.Effect<SentinelGroup, never, Scope.Scope> = Effect.gen(function*() {
  const master = yield* startRedis("--repl-diskless-sync-delay", "0")
  const replica = yield* startRedis("--replicaof", "127.0.0.1", String(master.port))
  yield* poll(
    Effect.map(redisCli(replica.port, "info", "replication"), (info) => info.includes("master_link_status:up"))
  )
  const sentinelPort = yield* freePort
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-sentinel-"))
  const file = join(folder, "sentinel.conf")
  writeFileSync(
    file,
    [
      `port ${sentinelPort}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      "sentinel down-after-milliseconds main 1000",
      "sentinel failover-timeout main 5000",
      ""
    ].join("\n")
  )
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn("redis-server", [file, "--sentinel"], { stdio: "ignore" })),
    (child) =>
      Effect.sync(() => {
        child.kill("SIGKILL")
        rmSync(folder, { recursive: true, force: true })
      })
  )
  yield* poll(answers(sentinelPort))
  yield* poll(
    Effect.map(redisCli(sentinelPort, "sentinel", "replicas", "main"), (found) => found.includes(String(replica.port)))
  )
  return { sentinelPort, masterName: "main", master, replica }
})
