import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Received, Script } from "./server.ts"

/** A loopback server in a process of its own. */
export interface Loopback {
  readonly url: string
  /** What arrived since this was last asked. */
  readonly received: () => Promise<Received>
  readonly close: () => void
}

export const openLoopback = async (script: Script): Promise<Loopback> => {
  const child = fork(fileURLToPath(new URL("./loopback.js", import.meta.url)), { execArgv: [] })
  child.send(script)
  const [{ port }] = await once(child, "message") as [{ readonly port: number }]
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    received: async () => (await fetch(`${url}/received`)).json() as Promise<Received>,
    close: () => child.disconnect()
  }
}
