import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { output } from "../bundle.ts"

const program = join(output, "durability/process.js")

export interface KillsReport {
  readonly kills: number
  readonly acknowledged: number
  readonly arrived: number
  /** Acknowledged, and never arrived. */
  readonly lost: number
  /** Arrived, and not acknowledged: written when the process died, before it could say so. */
  readonly early: number
  /** Arrivals of an event that had arrived before. */
  readonly repeated: number
  /** Files that were left in the folder at the end. */
  readonly files: number
  readonly passed: boolean
}

/** A server that takes events, and fails for a second now and then. */
const receive = async () => {
  const arrivals = new Map<string, number>()
  let requests = 0
  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      requests++
      if (requests % 40 < 4) {
        response.writeHead(503).end()
        return
      }
      const body = JSON.parse(Buffer.concat(parts).toString()) as {
        readonly batch: ReadonlyArray<{ readonly uuid: string }>
      }
      for (const { uuid } of body.batch) arrivals.set(uuid, (arrivals.get(uuid) ?? 0) + 1)
      response.writeHead(200, { "content-type": "application/json" }).end(`{"status":"Ok"}`)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/**
 * Kills a capturing process again and again, in the middle of its work, lets the last one deliver what is left, and
 * compares what was acknowledged with what arrived.
 */
export const kills = async (
  { durability, eventsEach, times }: {
    readonly times: number
    /** Each process is killed a little after it has acknowledged so many events. */
    readonly eventsEach: number
    readonly durability: "process" | "machine"
  }
): Promise<KillsReport> => {
  const server = await receive()
  const folder = mkdtempSync(join(tmpdir(), "durability-"))
  const directory = join(folder, "events")
  const acknowledged = new Set<string>()

  const run = async (events: number | undefined) => {
    const plan = JSON.stringify({ host: server.host, directory, durability, events })
    const child = spawn(process.execPath, [program, plan], { stdio: ["ignore", "pipe", "inherit"] })
    let rest = ""
    let count = 0
    const killAt = eventsEach * (0.5 + Math.random())
    child.stdout.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) if (line.startsWith("id ")) acknowledged.add(line.slice(3))
      count += lines.length
      if (events === undefined && count >= killAt) setTimeout(() => child.kill("SIGKILL"), Math.random() * 20)
    })
    await once(child, "close")
  }

  for (let time = 0; time < times; time++) await run(undefined)
  await run(100)

  const files = readdirSync(directory).length
  let lost = 0
  for (const id of acknowledged) {
    if (server.arrivals.has(id)) continue
    lost++
    if (lost <= 10) console.error(`lost: ${id}`)
  }
  let repeated = 0
  for (const count of server.arrivals.values()) repeated += count - 1
  server.close()
  rmSync(folder, { recursive: true })
  return {
    kills: times,
    acknowledged: acknowledged.size,
    arrived: server.arrivals.size,
    lost,
    early: [...server.arrivals.keys()].filter((id) => !acknowledged.has(id)).length,
    repeated,
    files,
    passed: lost === 0 && files === 0
  }
}
