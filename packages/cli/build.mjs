// Bundles the program into one file without dependencies: `dist/bin.js`.
import { build } from "esbuild"
import { chmodSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = dirname(fileURLToPath(import.meta.url))

/** The development page is read from its files when the sources run, and is part of the bundle when that runs. */
const page = {
  name: "page",
  setup: (setup) => {
    setup.onLoad({ filter: /[/\\]dev[/\\]pageFiles\.ts$/ }, () => {
      const text = (name) => JSON.stringify(readFileSync(join(folder, "src", "dev", "page", name), "utf8"))
      return {
        contents: `export const html = ${text("page.html")}\nexport const css = ${
          text("page.css")
        }\nexport const script = ${text("page.js")}\n`,
        loader: "js"
      }
    })
  }
}

rmSync(join(folder, "dist"), { force: true, recursive: true })
await build({
  entryPoints: [join(folder, "src", "bin.ts")],
  outfile: join(folder, "dist", "bin.js"),
  bundle: true,
  minify: true,
  keepNames: false,
  format: "esm",
  platform: "node",
  target: "node20",
  // jsonc-parser's other format cannot be bundled.
  mainFields: ["module", "main"],
  plugins: [page],
  legalComments: "none",
  logLevel: "warning",
  // Packages of the CommonJS kind require Node's modules.
  banner: {
    js:
      "import { createRequire as __createRequire } from \"node:module\"; const require = __createRequire(import.meta.url);"
  }
})
chmodSync(join(folder, "dist", "bin.js"), 0o755)
