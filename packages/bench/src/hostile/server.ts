import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

/** How a hostile server answers whatever it is asked. */
export const answerings = [
  "huge",
  "bomb",
  "dripping",
  "stalled",
  "html",
  "redirect",
  "many keys",
  "nested",
  "names",
  "refusal",
  "length",
  "reset"
] as const

export type Answering = typeof answerings[number]

export interface HostileServer {
  /** The host to configure for such answers; `"sound"` answers as PostHog does, with nothing. */
  readonly host: (answering: Answering | "sound") => string
  /** How many requests followed a redirect, and the bytes of the largest body that arrived. */
  readonly counted: () => Promise<{ readonly strayed: number; readonly largest: number }>
  readonly close: () => void
}

/** Starts the server in a process of its own. */
export const openServer = async (): Promise<HostileServer> => {
  const child = fork(fileURLToPath(new URL("./process.ts", import.meta.url)), { execArgv: ["--import", "tsx"] })
  const [{ url }] = await once(child, "message") as [{ readonly url: string }]
  return {
    host: (answering) => `${url}/${encodeURIComponent(answering)}`,
    counted: async () => (await fetch(`${url}/counted`)).json() as Promise<{ strayed: number; largest: number }>,
    close: () => child.disconnect()
  }
}
