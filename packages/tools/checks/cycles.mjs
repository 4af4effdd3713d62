// Import cycles at run time inside a package's `src`. A cycle that an import of types closes is none: modules that are
// loaded in one order may describe each other.
import { importGraph } from "./importGraph.mjs"
import { packageNames, shown } from "./workspace.mjs"

export const cycles = () => {
  const graphs = packageNames.map(importGraph)
  if (graphs.every((graph) => graph.size === 0)) return ["looked at no file"]
  return graphs.flatMap(cyclesOf)
}

/** One cycle for each module that is in one, and no cycle twice. */
const cyclesOf = (graph) => {
  const seen = new Set()
  const problems = []
  for (const file of graph.keys()) {
    if (seen.has(file)) continue
    const cycle = shortestCycle(graph, file)
    if (cycle === undefined) continue
    for (const member of cycle) seen.add(member)
    problems.push(`cycle: ${[...cycle, file].map(shown).join(" -> ")}`)
  }
  return problems
}

const shortestCycle = (graph, start) => {
  const reached = new Map([[start, [start]]])
  for (const [file, path] of reached) {
    for (const { target, typesOnly } of graph.get(file) ?? []) {
      if (typesOnly) continue
      if (target === start) return path
      if (!reached.has(target)) reached.set(target, [...path, target])
    }
  }
  return undefined
}
