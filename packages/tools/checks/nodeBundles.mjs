// What Node.js loads of a package: a few files in place of one for each module, since resolving and opening a hundred of
// them takes longer than running what is in them. Bundlers are given the modules, of which they leave out what a program
// does not use.
import { transform } from "esbuild"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { rollup } from "rollup"
import { manifestOf, root } from "./workspace.mjs"

/**
 * What is in one file: modules, and all that they import, unless an earlier file has it. `main` is what the root of the
 * package imports. The others are loaded when they are needed: see decisions 0011 and 0016.
 */
const files = {
  "evaluator": [["main", ["index"]]],
  "effect-posthog": [
    ["main", ["index"]],
    ["definitions", ["internal/definitions/sources/http", "internal/definitions/loader"]]
  ]
}

const sourceOf = (name) => manifestOf(name).editionOf ?? name

/** Whether a package is published with bundles for Node.js. */
export const hasNodeBundles = (name) => sourceOf(name) in files

const reached = (id, moduleInfo, found = new Set()) => {
  const info = moduleInfo(id)
  if (info === null || info.isExternal || found.has(id)) return found
  found.add(id)
  for (const imported of info.importedIds) reached(imported, moduleInfo, found)
  return found
}

/** Their sources lead to those of TypeScript, and the maps along with them. */
const sourceMaps = {
  name: "source-maps",
  load: (id) =>
    existsSync(`${id}.map`) ? { code: readFileSync(id, "utf8"), map: readFileSync(`${id}.map`, "utf8") } : null
}

/** Comments are for those who read the modules. */
const withoutComments = {
  name: "without-comments",
  renderChunk: async (code, { fileName }) => {
    const options = { sourcefile: fileName, sourcemap: "external", target: "es2022" }
    const { code: transformed, map } = await transform(code, /** @type {any} */ (options))
    return { code: transformed, map }
  }
}

/** Harmless: modules without values, and a helper of the compiler that looks for an older one. */
const expected = new Set(["EMPTY_BUNDLE", "THIS_IS_UNDEFINED"])

const filesOfRoot = (output) => {
  const chunks = new Map(output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file]] : [])))
  const found = new Set(["index.js"])
  // Grows while it is walked.
  for (const name of found) chunks.get(name)?.imports.forEach((imported) => chunks.has(imported) && found.add(imported))
  return [...found]
}

/**
 * Bundles a built package from its `dist` into `dist/node`. Throws when something is odd about it, such as a root that
 * takes more than two files: itself, and what it leads to.
 */
export const bundleForNode = async (name) => {
  const dist = join(root, "packages", name, "dist")
  const entries = readdirSync(dist).filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3))
  let groups
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, join(dist, `${entry}.js`)])),
    external: (id) => !id.startsWith(".") && !id.startsWith(dist),
    plugins: [sourceMaps, withoutComments],
    onwarn: (warning) => {
      if (!expected.has(warning.code ?? "")) throw new Error(`${name}: ${warning.message}`)
    }
  })
  try {
    const { output } = await bundle.write({
      dir: join(dist, "node"),
      sourcemap: true,
      hoistTransitiveImports: false,
      chunkFileNames: "chunks/[name].js",
      manualChunks: (id, { getModuleInfo }) => {
        groups ??= files[sourceOf(name)].map(([file, modules]) => [
          file,
          new Set(modules.flatMap((module) => [...reached(join(dist, `${module}.js`), getModuleInfo)]))
        ])
        return groups.find(([, modules]) => modules.has(id))?.[0]
      }
    })
    const loaded = filesOfRoot(output)
    if (loaded.length > 2) throw new Error(`${name}: Node.js loads ${loaded.join(", ")} for its root`)
  } finally {
    await bundle.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleForNode(process.argv[2])
