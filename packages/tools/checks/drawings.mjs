// Drawings of the workspace, made from its code: the text between `<!-- drawn: name -->` and `<!-- end of drawing -->` in
// Markdown files. `node packages/tools/check.mjs drawings --write` draws anew.
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { documents } from "./guides.mjs"
import { importGraph, needed } from "./importGraph.mjs"
import { upwardImports } from "./layers.mjs"
import { manifestOf, packageNames, root, shown } from "./workspace.mjs"

/** The packages, and which builds on which. What is needed anyway, through another package, has no arrow of its own. */
const packages = () => {
  const names = new Map(packageNames.map((name) => [manifestOf(name).name, name]))
  const edges = new Map(packageNames.map((name) => {
    const { dependencies, peerDependencies } = manifestOf(name)
    const wanted = Object.keys({ ...dependencies, ...peerDependencies })
    return [name, wanted.filter((other) => names.has(other)).map((other) => names.get(other))]
  }))
  const nodes = packageNames.map((name) =>
    `  ${name}${manifestOf(name).private === true ? `[${name}]` : `([${name}])`}`
  )
  return mermaid("flowchart TD", [...nodes, ...arrows(reduced(edges))])
}

/** The folders of a library, and which imports from which at run time. */
const folders = (name) => {
  const sources = join(root, "packages", name, "src")
  const graph = importGraph(name)
  const isInternal = (file) => file.startsWith(join(sources, "internal") + sep)
  const placeOf = (file) => {
    const folder = relative(sources, dirname(file)).split(sep).join("/")
    if (folder !== "") return folder
    return [...needed(graph, file)].some(isInternal) ? "public modules" : "errors, models, references"
  }
  const edges = new Map([...graph.keys()].map((file) => [placeOf(file), new Set()]))
  for (const [file, imports] of graph) {
    for (const { target, typesOnly } of imports) {
      if (!typesOnly && placeOf(file) !== placeOf(target)) edges.get(placeOf(file))?.add(placeOf(target))
    }
  }
  const places = [...edges.keys()].sort()
  const idOf = (place) => place.replaceAll(/[^a-z]+/gi, "-")
  const nodes = places.map((place) => `  ${idOf(place)}["${place}"]`)
  const named = new Map(places.map((place) => [idOf(place), [...(edges.get(place) ?? [])].sort().map(idOf)]))
  const upwards = upwardImports(name).length
  return [
    ...mermaid("flowchart TD", [...nodes, ...arrows(reduced(named))]),
    "",
    `Imports at run time from \`internal\` up to a module that is built from it: ${upwards === 0 ? "none" : upwards}.`
  ]
}

const mermaid = (kind, lines) => ["```mermaid", kind, ...lines, "```"]

const arrows = (edges) => [...edges].flatMap(([from, targets]) => targets.map((target) => `  ${from} --> ${target}`))

/** The same graph without the arrows that say what other arrows say already. In a circle every arrow stays. */
const reduced = (edges) => {
  const reached = (from, without) => {
    const found = new Set()
    const waiting = (edges.get(from) ?? []).filter((target) => target !== without)
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next)) continue
      found.add(next)
      waiting.push(...(edges.get(next) ?? []))
    }
    return found
  }
  const isBack = (from, target) => reached(target).has(from)
  return new Map(
    [...edges].map(([from, targets]) => [
      from,
      targets.filter((target) => isBack(from, target) || !reached(from, target).has(target))
    ])
  )
}

/** The lines that belong between the marks of a drawing; nothing for a name that is not known. */
const drawing = (name) => {
  if (name === "packages") return packages()
  return packageNames.includes(name) ? folders(name) : undefined
}

const drawn = /^<!-- drawn: (\S+) -->\n([\s\S]*?)^<!-- end of drawing -->$/gm

const drawingsIn = (document, write) => {
  const content = readFileSync(document, "utf8")
  const problems = []
  const written = content.replace(drawn, (whole, name, text, offset) => {
    const where = `${shown(document)}:${content.slice(0, offset).split("\n").length}`
    const lines = drawing(name)
    if (lines === undefined) {
      problems.push(`${where} there is no drawing of ${name}`)
      return whole
    }
    const wanted = `\n${lines.join("\n")}\n\n`
    if (wanted === text) return whole
    if (!write) problems.push(`${where} differs from the code: node packages/tools/check.mjs drawings --write`)
    return `<!-- drawn: ${name} -->\n${wanted}<!-- end of drawing -->`
  })
  if (write && written !== content) writeFileSync(document, written)
  return problems
}

export const drawings = ({ write }) => documents().flatMap((file) => drawingsIn(file, write))
