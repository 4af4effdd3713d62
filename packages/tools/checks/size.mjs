// What a program pays for importing the libraries: bundled by esbuild without its peers, minified, gzipped.
import { build } from "esbuild"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { root } from "./workspace.mjs"

/**
 * Programs and what they may weigh, in bytes: a little above what they weigh, so that growth is decided and never just
 * happens. For comparison, the same measure of posthog-node 5.70.0, which needs nothing beside it, is 65,279.
 */
const programs = [
  {
    name: "evaluateFlags and PostHog.layer",
    folder: "examples",
    source: `import { evaluateFlags, PostHog } from "effect-posthog"; console.log(evaluateFlags, PostHog.layer)`,
    limit: 47_500
  },
  {
    name: "compiling and evaluating alone",
    folder: "effect-posthog",
    source: `export { compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"`,
    limit: 20_000
  },
  {
    name: "the whole evaluator",
    folder: "effect-posthog",
    source: `export * from "@effect-posthog/evaluator"`,
    limit: 21_000
  },
  {
    name: "an import that is not used",
    folder: "examples",
    source: `import "effect-posthog"; import { Events } from "effect-posthog"`,
    limit: 100
  }
]

const weigh = async ({ folder, source }) => {
  const { metafile, outputFiles: [output] } = await build({
    stdin: { contents: source, resolveDir: join(root, "packages", folder) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    external: ["effect", "@effect/platform", "node:*"],
    metafile: true,
    write: false,
    logLevel: "error"
  })
  const [{ inputs }] = Object.values(metafile.outputs)
  return { bytes: gzipSync(output.contents, { level: 9 }).length, minified: output.contents.length, inputs }
}

export const size = async () => {
  const problems = []
  for (const program of programs) {
    const { bytes, inputs, minified } = await weigh(program)
    const numbers = `${program.name}: ${bytes} bytes gzipped (${minified} minified), at most ${program.limit}`
    console.log(`      ${numbers}`)
    if (bytes > program.limit) {
      const largest = Object.entries(inputs)
        .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
        .slice(0, 20)
        .map(([file, { bytesInOutput }]) => `  ${String(bytesInOutput).padStart(7)} ${file}`)
      problems.push([numbers, ...largest].join("\n"))
    }
  }
  return problems
}
