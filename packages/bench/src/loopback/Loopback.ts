import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Received, Script } from "./server.ts"

/** A loopback server in a process of its own. */
export interface Loopback {
  readonly url: string
  /** What arrived since this was last asked. */
  readonly received: () => Promise<Received>
  readonly close: () => void
}

export const openLoopback = (script: Script): Promise<Loopback> =>
  new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("./loopback.js", import.meta.url)), { execArgv: [] })
    child.once("error", reject)
    child.once("message", ({ port }: { readonly port: number }) => {
      const url = `http://127.0.0.1:${port}`
      resolve({
        url,
        received: async () => (await fetch(`${url}/received`)).json() as Promise<Received>,
        close: () => child.disconnect()
      })
    })
    child.send(script)
  })
