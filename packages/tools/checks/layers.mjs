// Data flows one way through a library: public modules are built from internal ones. At run time an internal module
// imports only public modules that need nothing internal themselves: errors, models, references. The types of the
// others it may import.
import { importGraph, needed } from "./importGraph.mjs"
import { at } from "./syntax.mjs"
import { publishable, root, shown } from "./workspace.mjs"

/** Libraries that keep the rule. */
const layered = ["evaluator", "regex-re2", "effect-posthog"]

export const layers = () => {
  const names = publishable.filter((name) => layered.includes(name))
  if (names.length === 0) return ["looked at no file"]
  return names.flatMap((name) => upwardImports(name).map(say))
}

/** The imports of a library against the rule: from an internal module to a public one that needs internal modules. */
export const upwardImports = (name) => {
  const graph = importGraph(name)
  const isInternal = (file) => file.startsWith(`${root}/packages/${name}/src/internal/`)
  const needsInternal = (file) => [...needed(graph, file)].some(isInternal)
  return [...graph.keys()].filter(isInternal).flatMap((file) =>
    graph.get(file).filter(({ target, typesOnly }) => !typesOnly && !isInternal(target) && needsInternal(target))
  )
}

const say = ({ node, target }) =>
  `${at(node)} an internal module imports ${shown(target)}, which is built from internal modules: only its types`
