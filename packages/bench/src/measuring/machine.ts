import { cpus, loadavg, totalmem, type } from "node:os"

export interface Machine {
  readonly node: string
  readonly v8: string
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryGigabytes: number
  /** Runnable processes over the last minute, before the run. */
  readonly load: number
}

export const machine = (): Machine => ({
  node: process.versions.node,
  v8: process.versions.v8,
  system: `${type()} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  load: Math.round((loadavg()[0] ?? 0) * 100) / 100
})
