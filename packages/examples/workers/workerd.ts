import { build } from "esbuild"
import { Miniflare } from "miniflare"
import { get } from "node:http"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"

/** What became of requests that overlapped. */
export interface Load {
  readonly users: ReadonlyArray<string>
  readonly statuses: ReadonlyArray<number>
  readonly bodies: ReadonlyArray<string>
  /** Milliseconds until the last answer. */
  readonly longest: number
}

/** A program of this folder in workerd. */
export interface Running {
  /** Requests that overlap. `more`: what is added to their query. */
  readonly load: (count: number, more?: string) => Promise<Load>
  /** Requests that overlap, of clients that leave after so many milliseconds. */
  readonly leave: (count: number, after: number) => Promise<Load>
  readonly close: () => Promise<void>
}

const here = fileURLToPath(new URL(".", import.meta.url))

const bundled = async (name: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`${here}${name}.ts`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker"],
    external: ["cloudflare:workers", "node:*"],
    logLevel: "error"
  })
  return outputFiles[0]?.text ?? ""
}

let started = 0

// A connection of its own, which is closed with the request.
const abandon = (url: URL, after: number): Promise<void> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => response.resume())
    request.on("error", () => {})
    setTimeout(() => {
      request.destroy()
      resolve()
    }, after)
  })

/** Runs a program of this folder in workerd. Its own output is shown with `WORKERS_LOG=1`. */
export const start = async (
  name: string,
  bindings: Readonly<Record<string, string>>,
  compatibilityDate: string
): Promise<Running> => {
  const server = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: await bundled(name) }],
    compatibilityDate,
    bindings,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume()
      if (process.env["WORKERS_LOG"] === "1") stderr.pipe(process.stderr)
      else stderr.resume()
    }
  })
  const url = await server.ready
  const ask = async (user: string, more: string) => {
    const response = await fetch(new URL(`/?user=${user}${more}`, url), { signal: AbortSignal.timeout(60_000) })
    return [response.status, await response.text()] as const
  }
  const users = (count: number) => Array.from({ length: count }, () => `user-${++started}`)
  return {
    load: async (count, more = "") => {
      const asked = users(count)
      const since = performance.now()
      const answers = await Promise.all(asked.map((user) => ask(user, more)))
      return {
        users: asked,
        statuses: answers.map(([status]) => status),
        bodies: answers.map(([, body]) => body),
        longest: performance.now() - since
      }
    },
    leave: async (count, after) => {
      const asked = users(count)
      await Promise.all(asked.map((user) => abandon(new URL(`/?user=${user}`, url), after)))
      return { users: asked, statuses: asked.map(() => 200), bodies: [], longest: 0 }
    },
    close: () => server.dispose()
  }
}
