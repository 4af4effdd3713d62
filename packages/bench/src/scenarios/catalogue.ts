import type { Mode, Scenario } from "./Scenario.ts"

export interface Entry {
  readonly name: string
  readonly title: string
  /** The modes in which it runs unless it is asked for by name. */
  readonly modes: ReadonlyArray<Mode>
  /** Node's options for its process, beside `--expose-gc`. */
  readonly nodeOptions?: ReadonlyArray<string> | undefined
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
    name: "compile",
    title: "Compilation of definitions",
    modes: ["full", "quick", "guard"],
    load: async () => (await import("./compilation.ts")).compilation
  }
]
