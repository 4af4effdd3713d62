import { join } from "node:path"
import { root, run } from "./workspace.mjs"

/**
 * The guard of the benchmarks: a few ratios, each of which fails at less than half of its target, so that only a
 * regression of kind does.
 */
export const bench = async () => {
  const result = await run("tsx", [join(root, "packages", "bench", "src", "main.ts"), "--guard"])
  return result.code === 0 ? [] : [result.output]
}
