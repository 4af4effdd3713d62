import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

const isInstalled = (): boolean => spawnSync("redis-server", ["--version"]).status === 0

/** Whether redis-server can be started, after installing it from Debian's packages where that is possible. */
export const redisIsInstalled = (): boolean => {
  if (isInstalled()) return true
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false
  const aptGet = (...args: ReadonlyArray<string>) =>
    spawnSync("apt-get", args, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: "ignore",
      timeout: 300_000
    })
  aptGet("update", "-qq")
  aptGet("install", "-qq", "-y", "--no-install-recommends", "redis-server")
  return isInstalled()
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"))
    socket.once("data", (data) => {
      socket.destroy()
      resolve(String(data).startsWith("+PONG"))
    })
    socket.once("error", () => resolve(false))
  })

export interface RedisServer {
  readonly url: string
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stall: () => void
  readonly resume: () => void
  readonly stop: () => Promise<void>
}

/** A server that writes every command to its log before it answers: killed, it knows afterwards what it knew before. */
export const startRedis = async (): Promise<RedisServer> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-fleet-"))
  const log = ["--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", folder]
  let running: ChildProcess | undefined
  const start = async () => {
    running = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...log], { stdio: "ignore" })
    while (!(await answers(port))) await pause(20)
  }
  const kill = async () => {
    const child = running
    running = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    stall: () => running?.kill("SIGSTOP"),
    resume: () => running?.kill("SIGCONT"),
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
