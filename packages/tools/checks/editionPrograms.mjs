// The programs that are not published, on Effect 4: the conformance adapter and its tests, the examples, and the programs
// of the guides; and the examples in the documentation of the editions. Written with the rules of the editions into a
// project that has the packed editions, and run there.
import { build } from "esbuild"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { generate, programs } from "../editions.mjs"
import { blocksOf } from "./examples.mjs"
import { editionNames, root, run, sourceFiles } from "./workspace.mjs"

const limit = 120_000

const write = (file, text) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** What the project needs beside the editions. */
export const dependencies = {
  esbuild: "0.28.2",
  "fast-check": "4.11.0",
  pnpm: "10.34.9",
  tsx: "4.23.15",
  vitest: "3.2.7"
}

export const scripts = { conformance: "exec node --import tsx packages/conformance/src/main.ts" }

/** Writes them below the project. Returns what went wrong. */
export const writePrograms = (project) => {
  const problems = []
  for (const edition of programs) {
    const { files, problems: found } = generate(edition)
    problems.push(...found)
    for (const [name, text] of files) write(join(project, "packages", edition.from, name), text)
  }
  for (const name of editionNames) {
    for (const [index, { code }] of sourceFiles(name).flatMap(blocksOf).entries()) {
      write(join(project, "packages", "documentation", name, `example${index}.ts`), code)
    }
  }
  // Tests start programs with it.
  const starter = join("packages", "tools", "program.mjs")
  write(join(project, starter), readFileSync(join(root, starter), "utf8"))
  return problems
}

/** Bundles programs in one build, and runs each on its own. */
const runAll = async (project, entryPoints, program, record, subject) => {
  const outdir = join(project, "bundles", subject.replace(/\W+/g, "-"))
  await build({
    entryPoints,
    outdir,
    outbase: project,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    sourcemap: true,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: {
      js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
    },
    logLevel: "silent",
    absWorkingDir: project
  })
  const failed = []
  const waiting = [...entryPoints]
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const bundle = join(outdir, file.slice(project.length + 1).replace(/\.ts$/, ".mjs"))
      const result = await run(program, ["--enable-source-maps", bundle], { cwd: dirname(bundle), timeout: limit })
      if (result.code !== 0) {
        failed.push(`${file.slice(project.length + 1)} ended with ${result.code}\n${result.output}`)
      }
    }
  }
  await Promise.all([worker(), worker()])
  record(`${entryPoints.length} ${subject}`, failed.length === 0 ? undefined : failed.join("\n"))
}

/** Runs them with this Node.js. */
export const runPrograms = async (project, program, record) => {
  const generated = new Map(programs.map((edition) => [edition.from, [...generate(edition).files.keys()]]))
  const below = (name, pattern) =>
    (generated.get(name) ?? []).filter((file) => pattern.test(file)).map((file) =>
      join(project, "packages", name, file)
    )
  await runAll(project, below("examples", /^src\/[^/]+\.ts$/), program, record, "examples")
  await runAll(project, below("docs", /^src\/.*\.ts$/), program, record, "programs of the guides")
  for (const name of editionNames) {
    const examples = sourceFiles(name).flatMap(blocksOf).map((_, index) =>
      join(project, "packages", "documentation", name, `example${index}.ts`)
    )
    const all = join(project, "packages", "documentation", name, "all.ts")
    write(all, examples.map((_, index) => `import "./example${index}.ts"\n`).join(""))
    await runAll(project, [all], program, record, `file with the ${examples.length} examples of ${name}`)
  }
  const vitest = await run(program, [
    join(project, "node_modules/vitest/vitest.mjs"),
    "run",
    "--root",
    project,
    "--testTimeout",
    "60000",
    "packages/conformance/test",
    "packages/examples/test"
  ], { cwd: project, timeout: 300_000 })
  const [counts = ""] = /Tests .*/.exec(vitest.stdout) ?? []
  record(`the conformance adapter and the README: ${counts}`, vitest.code === 0 ? undefined : vitest.output)
}
