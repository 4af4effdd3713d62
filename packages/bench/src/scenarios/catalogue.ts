import type { Mode, Scenario } from "./Scenario.ts"

export interface Entry {
  readonly name: string
  readonly title: string
  /** The modes in which it runs unless it is asked for by name. */
  readonly modes: ReadonlyArray<Mode>
  /** Node's options for its process, beside `--expose-gc`. */
  readonly nodeOptions?: ReadonlyArray<string> | undefined
  /** Its probes load our packages as they are published. */
  readonly overPublished?: boolean | undefined
  readonly load: () => Promise<Scenario>
}

/** Every scenario, in the order in which they run and are reported. */
export const catalogue: ReadonlyArray<Entry> = [
  {
    name: "evaluator",
    title: "Pure evaluation of N flags",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./evaluation.ts")).evaluation
  },
  {
    name: "vendors",
    title: "100 flags, against other vendors",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./vendors.ts")).vendors
  },
  {
    name: "openFeature",
    title: "Through OpenFeature",
    modes: ["full"],
    load: async () => (await import("./openFeature.ts")).openFeature
  },
  {
    name: "evaluateFlags",
    title: "evaluateFlags, decided locally",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./evaluateFlags.ts")).allLocal
  },
  {
    name: "concurrency",
    title: "Many evaluations at once",
    modes: ["full", "quick"],
    load: async () => (await import("./concurrency.ts")).concurrency
  },
  {
    name: "allocation",
    title: "Memory allocated",
    modes: ["full", "quick", "guard"],
    // A young generation that a whole round fits into.
    nodeOptions: ["--min-semi-space-size=128", "--max-semi-space-size=128"],
    load: async () => (await import("./allocation.ts")).allocation
  },
  {
    name: "reads",
    title: "Reading a snapshot",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./reads.ts")).reads
  },
  {
    name: "attaching",
    title: "Attaching a snapshot to an event",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./attaching.ts")).attaching
  },
  {
    name: "exceptions",
    title: "Reporting exceptions",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./exceptions.ts")).exceptions
  },
  {
    name: "queue",
    title: "The queue of events",
    modes: ["full", "quick"],
    load: async () => (await import("./queue.ts")).queue
  },
  {
    name: "capture",
    title: "Capturing events",
    modes: ["full", "quick"],
    load: async () => (await import("./capture.ts")).capture
  },
  {
    name: "compile",
    title: "Compilation of definitions",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./compilation.ts")).compilation
  },
  {
    name: "remote",
    title: "evaluateFlags, decided by the server",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./remote.ts")).remote
  },
  {
    name: "startUp",
    title: "Start-up",
    modes: ["full"],
    overPublished: true,
    load: async () => (await import("./startUp.ts")).startUp
  },
  {
    name: "sizes",
    title: "Size in a bundle, minified and compressed",
    modes: ["full"],
    load: async () => (await import("./sizes.ts")).sizes
  }
]
