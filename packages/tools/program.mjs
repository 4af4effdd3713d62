// Runs a program of the workspace, which is TypeScript, as one bundle: that takes half of the processor time of loading its
// modules one by one, which counts where tests start many.
//
//   node packages/tools/program.mjs FILE [arguments of the program]
import { buildSync } from "esbuild"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { argv, execPath } from "node:process"
import { pathToFileURL } from "node:url"

const [file = "", ...words] = argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), "program-"))
const outfile = join(folder, "program.mjs")
buildSync({
  entryPoints: [file],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // Some dependencies are CommonJS and ask for Node's modules.
  banner: {
    js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
  },
  logLevel: "error"
})
argv.splice(0, argv.length, execPath, resolve(file), ...words)
try {
  await import(pathToFileURL(outfile).href)
} finally {
  rmSync(folder, { force: true, recursive: true })
}
