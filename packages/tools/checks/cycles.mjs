// Import cycles inside a package's `src`, imports of types included: a cycle that only types close is still two modules
// that are one.
import madge from "madge"
import { packageNames, root, shown, sourceFiles } from "./workspace.mjs"

export const cycles = async () => {
  const files = packageNames.flatMap((name) => sourceFiles(name))
  const graph = await madge(files, {
    baseDir: root,
    fileExtensions: ["ts"],
    detectiveOptions: { ts: { skipTypeImports: false } }
  })
  if (files.length === 0) return ["looked at no file"]
  const seen = Object.keys(graph.obj())
  const missed = files.map(shown).filter((file) => !seen.includes(file))
  return [
    ...graph.circular().map((cycle) => `cycle: ${[...cycle, cycle[0]].join(" -> ")}`),
    ...missed.map((file) => `${file} was not looked at`)
  ]
}
