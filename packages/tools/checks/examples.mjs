// The examples of the documentation, compiled and run.
//
// docgen does both for most @example blocks while it generates the reference. It overlooks those of classes and of their
// static properties, and every block of code in the description, as below **Example**. These are compiled and run here,
// in the same way: each a module of its own, all of a package in one process.
//
// A package whose examples passed is not asked again until a source of any package changes.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { parse, visit } from "./syntax.mjs"
import { filesBelow, isFile, publishable, root, run, shown, sourceFiles } from "./workspace.mjs"

export const examples = async () => {
  const problems = []
  const state = fingerprint()
  for (const name of publishable) {
    const stamp = join(root, "packages", name, ".docgen", "passed")
    if (isFile(stamp) && readFileSync(stamp, "utf8") === state) continue
    const found = [...await docgen(name), ...await overlooked(name)]
    if (found.length === 0) writeFileSync(stamp, state)
    problems.push(...found)
  }
  return problems
}

/** Of everything that the examples of a package can depend on. */
const fingerprint = () => {
  const hash = createHash("sha256")
  const files = [
    ...["package.json", "pnpm-lock.yaml"].map((file) => join(root, file)),
    ...filesBelow(join(root, "packages", "tools"), (file) => /\.(?:mjs|json)$/.test(file)),
    ...publishable.flatMap((name) => [
      join(root, "packages", name, "package.json"),
      join(root, "packages", name, "docgen.json"),
      ...sourceFiles(name)
    ])
  ]
  for (const file of files.filter(isFile)) hash.update(`${shown(file)}\0`).update(readFileSync(file)).update("\0")
  return hash.digest("hex")
}

/** Generates the reference of a package into its `.docgen` folder. */
const docgen = async (name) => {
  const folder = join(root, "packages", name)
  if (!isFile(join(folder, "docgen.json"))) return [`packages/${name}/docgen.json is missing`]
  rmSync(join(folder, ".docgen"), { force: true, recursive: true })
  const result = await run("docgen", [], { cwd: folder })
  return result.code === 0 ? [] : [`packages/${name}: ${readable(result.output)}`]
}

/** What docgen printed, without its progress and its own stack. */
const readable = (output) =>
  output.split("\n").filter((line) => !/ INFO \(|docgen\/bin\.cjs|^\s*$/.test(line)).join("\n").trim()

const overlooked = async (name) => {
  const blocks = sourceFiles(name).flatMap((file) => [...examplesOfClasses(file), ...examplesOfDescriptions(file)])
  if (blocks.length === 0) return []
  const folder = join(root, "packages", name, ".docgen", "overlooked")
  mkdirSync(folder, { recursive: true })
  for (const [index, block] of blocks.entries()) writeFileSync(join(folder, `Example${index}.ts`), block.code)
  const modules = blocks.map((_, index) => `import "./Example${index}.ts"\n`)
  writeFileSync(join(folder, "All.ts"), modules.join(""))
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../../tools/tsconfig.examples.json", include: ["*.ts"] })
  )
  for (const [tool, ...args] of [["tsc", "-p", "."], ["tsx", "--tsconfig", "tsconfig.json", "All.ts"]]) {
    const result = await run(tool, args, { cwd: folder, timeout: 120_000 })
    if (result.code === 0) continue
    // Only the examples that the output names, where it names any.
    const named = blocks.map(({ where }, index) => [`Example${index}.ts`, where])
    const failing = named.filter(([file]) => result.output.includes(file))
    const key = (failing.length > 0 ? failing : named).map(([file, where]) => `${file} is of ${where}`).join("\n")
    return [`packages/${name}: examples\n${key}\n${result.output}`]
  }
  return []
}

const examplesOfClasses = (file) => {
  if (shown(file).includes("/internal/")) return []
  const found = []
  visit(parse(file), (node) => {
    if (!ts.isClassDeclaration(node) && !ts.isPropertyDeclaration(node)) return
    for (const tag of ts.getJSDocTags(node)) {
      if (tag.tagName.text !== "example") continue
      const text = ts.getTextOfJSDocComment(tag.comment) ?? ""
      const code = /```\w*\n([\s\S]*?)```/.exec(text)?.[1] ?? text
      found.push({ code: asModule(code), where: `${shown(file)} ${node.name?.getText() ?? ""}` })
    }
  })
  return found
}

/** The blocks of TypeScript before the first tag of each comment, wherever the comment is. */
const examplesOfDescriptions = (file) => {
  const text = readFileSync(file, "utf8")
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const [description] = comment[0].replace(/^[ \t]*\* ?/gm, "").split(/^@(?:example|since|category|internal)\b/m)
    const where = `${shown(file)}:${text.slice(0, comment.index).split("\n").length}`
    return [...description.matchAll(/^```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^```/gm)].map(([, code]) => ({
      code: asModule(code),
      where
    }))
  })
}

/** With the assertions that examples use without importing them. */
const asModule = (code) => {
  const isMissing = /\bassert[.(]/.test(code) && !/import [^\n]*\bassert\b/.test(code)
  return `${isMissing ? "import * as assert from \"node:assert\"\n" : ""}${code}\nexport {}\n`
}
