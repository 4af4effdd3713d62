// What a program pays for importing the libraries: bundled by esbuild without its peers, minified, gzipped.
import { build } from "esbuild"
import { join, relative } from "node:path"
import { gzipSync } from "node:zlib"
import { root } from "./workspace.mjs"

const client = `import { evaluateFlags, PostHog } from "effect-posthog"; console.log(evaluateFlags, PostHog.layer)`

/**
 * Programs and what they may weigh, in bytes: a little above what they weigh, so that growth is decided and never just
 * happens. `split` counts what is loaded at the start, as bundlers divide programs at dynamic imports; `lacks` matches
 * modules that may not be there, since the program uses nothing of them. For comparison, the same measure of
 * posthog-node 5.70.0, which needs nothing beside it, is 65,279.
 *
 * The start grew from 25 to 39 kB with what makes it safe to leave alone: defaults and registries of typed flags, bounds
 * on answers and evaluations, deliveries that narrow a refused batch down to the event at fault, clients that requests of
 * a worker share, and warnings that name the setting that is wrong. The evaluator grew by 2.7 kB with hashes of four keys
 * at once, for evaluations in half the time: see decision 0030. The next 2 kB are copies that are charged by what they take,
 * large requests that are written in turns of the event loop, and calls without types that are answered in place of throwing.
 */
const programs = [
  {
    name: "evaluateFlags and PostHog.layer, until local evaluation is used",
    folder: "examples",
    source: client,
    split: true,
    lacks: /\/RequestFlags\.ts$|\/internal\/exceptions\/(?!clientSettings)|PostHogPromise|packages\/evaluator\//,
    limit: 42_200
  },
  {
    name: "evaluateFlags and PostHog.layer, all in one",
    folder: "examples",
    source: client,
    lacks: /\/RequestFlags\.ts$|\/internal\/exceptions\/(?!clientSettings)|PostHogPromise/,
    limit: 80_200
  },
  {
    name: "compiling and evaluating alone",
    folder: "effect-posthog",
    source: `export { compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"`,
    limit: 24_500
  },
  {
    name: "the whole evaluator",
    folder: "effect-posthog",
    source: `export * from "@effect-posthog/evaluator"`,
    limit: 28_200
  },
  {
    name: "an import that is not used",
    folder: "examples",
    source: `import "effect-posthog"; import { Events } from "effect-posthog"`,
    limit: 100
  }
]

const weigh = async ({ folder, source, split = false }) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: source, resolveDir: join(root, "packages", folder) },
    bundle: true,
    splitting: split,
    outdir: root,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    external: ["effect", "@effect/platform", "node:*"],
    metafile: true,
    write: false,
    absWorkingDir: root,
    logLevel: "error"
  })
  const contents = Object.fromEntries(outputFiles.map((file) => [relative(root, file.path), file.contents]))
  const parts = atStart(
    metafile.outputs,
    Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === "<stdin>")
  )
  return {
    bytes: sum(parts.map((path) => gzipSync(contents[path], { level: 9 }).length)),
    minified: sum(parts.map((path) => contents[path].length)),
    inputs: Object.assign({}, ...parts.map((path) => metafile.outputs[path].inputs))
  }
}

/** The output files that are loaded together with one of them. */
const atStart = (outputs, path, found = []) => {
  if (found.includes(path)) return found
  found.push(path)
  for (const { external, kind, path: imported } of outputs[path].imports) {
    if (kind === "import-statement" && !external) atStart(outputs, imported, found)
  }
  return found
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

export const size = async () => {
  const problems = []
  for (const program of programs) {
    const { bytes, inputs, minified } = await weigh(program)
    const numbers = `${program.name}: ${bytes} bytes gzipped (${minified} minified), at most ${program.limit}`
    console.log(`      ${numbers}`)
    const foreign = Object.entries(inputs).filter(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 && program.lacks?.test(file) === true
    )
    problems.push(...foreign.map(([file]) => `${program.name}: brings ${file}, which it does not use`))
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
