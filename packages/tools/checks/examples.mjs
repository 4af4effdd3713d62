// The examples of the documentation, compiled and run: those of `@example` in public modules, and the blocks of TypeScript in
// descriptions, as below **Example**. Each is a module of its own; all are compiled as one program, and those of a package
// run in one process.
//
// Examples that passed are not asked again until a source of any package changes.
import { build } from "esbuild"
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { filesBelow, isFile, publishable, root, run, shown, sourceFiles } from "./workspace.mjs"

const limit = 120_000

export const examples = async () => {
  const stamp = join(root, "packages", "tools", ".docgen", "passed")
  const state = fingerprint()
  if (isFile(stamp) && readFileSync(stamp, "utf8") === state) return []
  const packages = publishable.map((name) => ({ name, blocks: sourceFiles(name).flatMap(blocksOf) }))
    .filter(({ blocks }) => blocks.length > 0)
  if (packages.length === 0) return ["there is no example: nothing was looked at, which is not a pass"]
  const folders = packages.map(write)
  const compiled = await compile(folders)
  const problems = compiled.code === 0
    ? (await runAll(folders)).flatMap((result, index) => problemsOf(packages[index], result))
    : packages.flatMap((of) => compiled.output.includes(`packages/${of.name}/`) ? problemsOf(of, compiled) : [])
  if (compiled.code !== 0 && problems.length === 0) return [compiled.output]
  if (problems.length === 0) writeFileSync(stamp, state)
  return problems
}

/** Of everything that the examples can depend on. */
const fingerprint = () => {
  const hash = createHash("sha256")
  const files = [
    ...["package.json", "pnpm-lock.yaml"].map((file) => join(root, file)),
    ...filesBelow(join(root, "packages", "tools"), (file) => /\.(?:mjs|json)$/.test(file)),
    ...publishable.flatMap((name) => [join(root, "packages", name, "package.json"), ...sourceFiles(name)])
  ]
  for (const file of files.filter(isFile)) hash.update(`${shown(file)}\0`).update(readFileSync(file)).update("\0")
  return hash.digest("hex")
}

const tag = /^@(example|since|category|internal)\b/m
const fence = /^```\w*[^\n]*\n([\s\S]*?)^```/m
const fences = /^```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^```/gm

/** The examples of each comment of a module, and where they are. */
const blocksOf = (file) => {
  const text = readFileSync(file, "utf8")
  const isPublic = !shown(file).includes("/internal/")
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const [description, ...tags] = comment[0].replace(/^[ \t]*\/?\*+\/?[ ]?/gm, "").split(tag)
    const where = `${shown(file)}:${text.slice(0, comment.index).split("\n").length}`
    const described = [...description.matchAll(fences)].map(([, code]) => code)
    const tagged = tags.flatMap((name, index) =>
      isPublic && index % 2 === 0 && name === "example" ? [fence.exec(tags[index + 1])?.[1] ?? tags[index + 1]] : []
    )
    return [...described, ...tagged].map((code) => ({ code: asModule(code), where }))
  })
}

/** With the assertions that examples use without importing them. */
const asModule = (code) => {
  const isMissing = /\bassert[.(]/.test(code) && !/import [^\n]*\bassert\b/.test(code)
  return `${isMissing ? "import * as assert from \"node:assert\"\n" : ""}${code}\nexport {}\n`
}

/** Inside of the package, so that an example imports what the package can import, and the package by its name. */
const write = ({ blocks, name }) => {
  const folder = join(root, "packages", name, ".docgen", "examples")
  rmSync(folder, { force: true, recursive: true })
  mkdirSync(folder, { recursive: true })
  for (const [index, { code }] of blocks.entries()) writeFileSync(join(folder, `Example${index}.ts`), code)
  writeFileSync(join(folder, "All.ts"), blocks.map((_, index) => `import "./Example${index}.ts"\n`).join(""))
  return folder
}

const compile = (folders) => {
  const folder = join(root, "packages", "tools", ".docgen")
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.examples.json",
      include: folders.map((each) => `${each.replaceAll("\\", "/")}/*.ts`)
    })
  )
  return run("tsc", ["-p", folder, "--pretty", "false"])
}

/** As bundles: those start faster than their modules one by one. */
const runAll = async (folders) => {
  for (const folder of folders) {
    await build({
      entryPoints: [join(folder, "All.ts")],
      outfile: join(folder, "All.mjs"),
      bundle: true,
      sourcemap: true,
      format: "esm",
      platform: "node",
      target: "node20",
      banner: { js: "import { createRequire } from \"node:module\"; const require = createRequire(import.meta.url);" },
      logLevel: "error",
      absWorkingDir: root
    })
  }
  const results = []
  for (const folder of folders) {
    results.push(await run("node", ["--enable-source-maps", join(folder, "All.mjs")], { cwd: folder, timeout: limit }))
  }
  return results
}

/** What went wrong in a package, below the places of the examples that the output names, where it names any. */
const problemsOf = ({ blocks, name }, { code, output }) => {
  if (code === 0) return []
  const named = blocks.map(({ where }, index) => [`Example${index}.ts`, where])
  const failing = named.filter(([file]) => new RegExp(`packages/${name}/[^\\n]*/${file.replace(".", "\\.")}`).test(output))
  const key = (failing.length > 0 ? failing : named).map(([file, where]) => `${file} is of ${where}`).join("\n")
  return [`packages/${name}: examples\n${key}\n${output}`]
}
