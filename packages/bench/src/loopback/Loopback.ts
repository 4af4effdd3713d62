import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Received, Script } from "./server.ts"
import type { Taken, UnreliableScript } from "./unreliable.ts"

/** A loopback server in a process of its own. */
export interface Loopback<Arrived = Received> {
  readonly url: string
  /** What arrived since this was last asked, or since the start where the server only counts. */
  readonly received: () => Promise<Arrived>
  readonly close: () => void
}

/** Starts a server that answers at once and as it should. */
export const openLoopback = (script: Script): Promise<Loopback> => open<Received>(script)

/** Starts a server that has a bad day. */
export const openUnreliable = (script: UnreliableScript): Promise<Loopback<Taken>> => open<Taken>(script)

const open = async <Arrived>(script: Script | UnreliableScript): Promise<Loopback<Arrived>> => {
  const child = fork(fileURLToPath(new URL("./loopback.js", import.meta.url)), { execArgv: [] })
  child.send(script)
  const [{ port }] = await once(child, "message") as [{ readonly port: number }]
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    received: async () => (await fetch(`${url}/received`)).json() as Promise<Arrived>,
    close: () => child.disconnect()
  }
}
