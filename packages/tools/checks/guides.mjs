// The code in Markdown files is code that compiles: each TypeScript block repeats a file of the workspace, or a part of
// it, that a comment before the block names:
//
//   <!-- file: packages/examples/src/quickstart.ts -->        the whole file
//   <!-- file: packages/examples/src/quickstart.ts#layers --> what is between `// #region layers` and `// #endregion`
//                                                         (the first excerpt of a file has the imports of all of them)
//   <!-- not compiled: why -->                            an exception, with its reason
//
// Links between them lead to files that exist, and a command that installs a package names its version. Each decision
// record has a number of its own, in its name, in its title and in the list.
//
// `node packages/tools/check.mjs guides --write` copies the files into the blocks. The programs of the guides,
// `packages/docs/src`, are run here too, each on its own.
import { build } from "esbuild"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import { importsOf } from "./imports.mjs"
import { filesBelow, isFile, packageNames, root, run, shown, sourceFiles } from "./workspace.mjs"

export const guides = async (
  { write }
) => [
  ...documents().flatMap((file) => [...snippets(file, write), ...links(file), ...installations(file)]),
  ...decisions(),
  ...await programs()
]

/** The Markdown files that people read. */
export const documents = () =>
  [
    join(root, "README.md"),
    join(root, "CONTRIBUTING.md"),
    ...packageNames.map((name) => join(root, "packages", name, "README.md")),
    ...filesBelow(join(root, "packages", "docs"), (file) => file.endsWith(".md"))
  ].filter((file, index, all) => isFile(file) && all.indexOf(file) === index)

const block = /^([ \t]*)```(ts|tsx|typescript)\b[^\n]*\n([\s\S]*?)^\1```[ \t]*$/gm
const reference = /<!--\s*(file|not compiled):\s*(.+?)\s*-->\s*$/

/** The files that a document shows, each with its regions there. A file that is shown as a whole has none. */
const shownIn = (content) => {
  const files = new Map()
  for (const { index } of content.matchAll(block)) {
    const [, kind, target = ""] = reference.exec(content.slice(0, index)) ?? []
    const [path, region] = target.split("#")
    if (kind === "file") files.set(path, [...files.get(path) ?? [], ...(region === undefined ? [] : [region])])
  }
  return files
}

const snippets = (document, write) => {
  const content = readFileSync(document, "utf8")
  const problems = []
  const files = shownIn(content)
  const begun = new Set()
  const written = content.replace(block, (whole, indent, language, code, offset) => {
    const line = content.slice(0, offset).split("\n").length
    const where = `${shown(document)}:${line}`
    const [, kind, target] = reference.exec(content.slice(0, offset)) ?? []
    if (kind === "not compiled") return whole
    if (kind === undefined) {
      problems.push(`${where} a block of code names no file: put <!-- file: path --> before it`)
      return whole
    }
    const [path, region] = target.split("#")
    const wanted = !isFile(join(root, path))
      ? undefined
      : region === undefined || begun.has(path)
      ? excerpt(readFileSync(join(root, path), "utf8"), region)
      : firstExcerpt(path, region, files)
    begun.add(path)
    if (wanted === undefined) {
      problems.push(`${where} there is no ${target}`)
      return whole
    }
    const indented = wanted.replace(/^(?=.)/gm, indent)
    if (indented === code) return whole
    if (!write) problems.push(`${where} differs from ${target}: node packages/tools/check.mjs guides --write`)
    return `${indent}\`\`\`${language}\n${indented}${indent}\`\`\``
  })
  if (write && written !== content) writeFileSync(document, written)
  return problems
}

const lineAt = (content, offset) => content.slice(0, offset).split("\n").length

const link = /\]\(([^)\s]+)\)/g

/** Links to files of the workspace that are not there. Code is passed over. */
const links = (document) => {
  const content = readFileSync(document, "utf8").replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, " "))
  return [...content.matchAll(link)].flatMap(({ 1: target, index }) => {
    const [path] = target.split("#")
    if (path === "" || /^[a-z]+:/.test(path) || existsSync(join(dirname(document), path))) return []
    return [`${shown(document)}:${lineAt(content, index)} leads to ${path}, which is not there`]
  })
}

/** Decision records whose number another has, or which their title or the list does not name by it. */
const decisions = () => {
  const folder = join(root, "packages", "docs", "decisions")
  const list = join(folder, "README.md")
  const listed = isFile(list) ? readFileSync(list, "utf8") : ""
  const names = new Map()
  return filesBelow(folder, (file) => /^\d{4}-.*\.md$/.test(basename(file))).flatMap((file) => {
    const name = basename(file)
    const number = name.slice(0, 4)
    const other = names.get(number)
    names.set(number, other ?? name)
    const problems = other === undefined ? [] : [`has the number of ${other}`]
    if (!listed.includes(`[${number}](./${name})`)) problems.push("is not in the list of decisions")
    if (!readFileSync(file, "utf8").startsWith(`# ${Number(number)}. `)) {
      problems.push("has another number in its title")
    }
    return problems.map((problem) => `${shown(file)} ${problem}`)
  })
}

const shell = /^```sh\n([\s\S]*?)^```$/gm
const versioned = /^(@[^@/]+\/)?[^@/]+@\S+$/

/** Packages that a command installs without saying which version. */
const installations = (document) => {
  const content = readFileSync(document, "utf8")
  return [...content.matchAll(shell)].flatMap(({ 1: commands, index }) =>
    [...commands.matchAll(/^npm (?:install|i) (.+)$/gm)].flatMap(([, words]) =>
      words.split(/\s+/).filter((word) => word !== "" && !word.startsWith("-") && !versioned.test(word)).map((word) =>
        `${shown(document)}:${lineAt(content, index)} installs ${word} without a version`
      )
    )
  )
}

/** The first line of a region and the line after its last one. */
const rangeOf = (lines, region) => {
  const marker = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  const length = lines.slice(marker + 1).findIndex((line) => /^\s*\/\/ #endregion\b/.test(line))
  return marker === -1 || length === -1 ? undefined : [marker + 1, marker + 1 + length]
}

/**
 * The first excerpt of a file in a document, after the imports that all its excerpts there need: readers copy what they
 * see. Of the files beside it, those that the document shows.
 */
const firstExcerpt = (path, region, files) => {
  const file = join(root, path)
  const text = readFileSync(file, "utf8")
  const found = excerpt(text, region)
  const ranges = (files.get(path) ?? []).flatMap((name) => [rangeOf(text.split("\n"), name) ?? [0, 0]])
  const isAvailable = (specifier) => !specifier.startsWith(".") || files.has(join(dirname(path), specifier))
  const imports = found === undefined ? [] : importsOf(file, ranges, isAvailable)
  return imports.length === 0 ? found : `${imports.join("\n")}\n\n${found}`
}

/** A file, or one region of it with its indentation taken off; markers of regions are left out. */
const excerpt = (text, region) => {
  const isMarker = (line) => /^\s*\/\/ #(region|endregion)\b/.test(line)
  let lines = text.replace(/\n+$/, "").split("\n")
  if (region !== undefined) {
    const range = rangeOf(lines, region)
    if (range === undefined) return undefined
    lines = lines.slice(...range)
    const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length)
    const indent = Math.min(...indents)
    lines = lines.map((line) => line.slice(indent))
  }
  return `${lines.filter((line) => !isMarker(line)).join("\n")}\n`
}

const limit = 60_000

/** As bundles of one build, which start faster than their modules one by one. */
const programs = async () => {
  const sources = join(root, "packages", "docs", "src")
  const files = sourceFiles("docs")
  if (files.length === 0) return []
  const folder = mkdtempSync(join(tmpdir(), "guides-"))
  const problems = []
  try {
    await build({
      entryPoints: files,
      outdir: folder,
      outbase: sources,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      sourcemap: true,
      format: "esm",
      platform: "node",
      target: "node20",
      banner: { js: "import { createRequire } from \"node:module\"; const require = createRequire(import.meta.url);" },
      logLevel: "silent",
      absWorkingDir: root
    })
    const waiting = [...files]
    const worker = async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const program = join(folder, relative(sources, file).replace(/\.ts$/, ".mjs"))
        const result = await run("node", ["--enable-source-maps", program], {
          cwd: join(root, "packages", "docs"),
          timeout: limit
        })
        if (result.code !== 0) problems.push(`${shown(file)} ended with ${result.code}\n${result.output}`)
      }
    }
    await Promise.all([worker(), worker()])
  } catch (error) {
    problems.push(String(error))
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
  return problems
}
