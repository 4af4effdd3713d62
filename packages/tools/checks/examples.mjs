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
  const broken = packages.map((of) => brokenIn(of, compiled))
  if (compiled.code !== 0 && broken.every((examples) => examples.length === 0)) return [compiled.output]
  const results = []
  for (const [index, folder] of folders.entries()) results.push(await runAll(folder, packages[index], broken[index]))
  const problems = packages.flatMap((of, index) => [
    ...(broken[index].length === 0 ? [] : [explained(of, broken[index], compiled.output)]),
    ...(results[index].code === 0 ? [] : [explained(of, brokenIn(of, results[index]), results[index].output)])
  ])
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
export const blocksOf = (file) => {
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

/** Those that compile, as a bundle: that starts faster than its modules one by one. */
const runAll = async (folder, { blocks }, broken) => {
  const whole = blocks.map((_, index) => index).filter((index) => !broken.includes(index))
  writeFileSync(join(folder, "All.ts"), whole.map((index) => `import "./Example${index}.ts"\n`).join(""))
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
  return run("node", ["--enable-source-maps", join(folder, "All.mjs")], { cwd: folder, timeout: limit })
}

/** The examples of a package that an output names. */
const brokenIn = ({ blocks, name }, { code, output }) =>
  code === 0
    ? []
    : blocks.map((_, index) => index).filter((index) =>
      output.includes(`packages/${name}/.docgen/examples/Example${index}.ts`)
    )

/** Below the places of the examples at fault, or of all where the output names none. */
const explained = ({ blocks, name }, broken, output) => {
  const named = broken.length > 0 ? broken : blocks.keys()
  const key = [...named].map((index) => `Example${index}.ts is of ${blocks[index].where}`).join("\n")
  return `packages/${name}: examples\n${key}\n${output}`
}
