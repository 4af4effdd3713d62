import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { CaptureOptions, CaptureResult } from "./capture.ts"
import type { StartUpOptions, StartUpResult } from "./startUp.ts"

/** What is measured once in a process of its own: what it takes and what it gives. */
export interface Probes {
  readonly capture: { readonly options: CaptureOptions; readonly result: CaptureResult }
  readonly startUp: { readonly options: StartUpOptions; readonly result: StartUpResult }
}

/** Runs a probe in a fresh process. */
export const probe = async <Name extends keyof Probes>(
  name: Name,
  options: Probes[Name]["options"],
  /** Loads our packages as they are published: see `bundleOverPublished`. */
  { overPublished = false }: { readonly overPublished?: boolean } = {}
): Promise<Probes[Name]["result"]> => {
  const program = fileURLToPath(new URL(overPublished ? "./published/probe.js" : "./probe.js", import.meta.url))
  // With no option of V8: with one, Node.js compiles its own modules anew, fetch among them, in place of reading them from
  // its cache. That takes 20 milliseconds.
  const child = fork(program, [name, JSON.stringify(options)], {
    execArgv: [],
    stdio: ["ignore", 2, 2, "ipc"]
  })
  let result: Probes[Name]["result"] | undefined
  child.on("message", (message) => result = message as Probes[Name]["result"])
  const [code] = await once(child, "exit")
  if (result === undefined) throw new Error(`probe ${name} ended with ${code} and without a result`)
  return result
}
