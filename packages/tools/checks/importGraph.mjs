// Which module of a package's `src` imports which, at run time or for its types only.
import { dirname, join } from "node:path"
import ts from "typescript"
import { imports, parse } from "./syntax.mjs"
import { sourceFiles } from "./workspace.mjs"

/**
 * The relative imports of every module of a package: file to `{ target, typesOnly, node }`. `verbatimModuleSyntax` makes
 * the difference visible: what is not written `import type` or `export type` is there when the program runs.
 */
export const importGraph = (name) => {
  const files = sourceFiles(name)
  return new Map(files.map((file) => [file, importsOf(file, files)]))
}

const importsOf = (file, files) =>
  imports(parse(file)).flatMap(({ kind, node, specifier }) => {
    if (!specifier.startsWith(".")) return []
    const target = join(dirname(file), specifier)
    return files.includes(target) ? [{ target, typesOnly: kind === "type" || isTypeOnly(node), node }] : []
  })

const isTypeOnly = (node) =>
  (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true) ||
  (ts.isExportDeclaration(node) && node.isTypeOnly)

/** The modules that a module needs at run time, directly or through others, itself left out. */
export const needed = (graph, file) => {
  const found = new Set()
  const waiting = [file]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { target, typesOnly } of graph.get(next) ?? []) {
      if (typesOnly || found.has(target)) continue
      found.add(target)
      waiting.push(target)
    }
  }
  return found
}
