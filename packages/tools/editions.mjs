// Writes the Effect 4 editions of packages from their Effect 3 sources.
//
//   node packages/tools/editions.mjs            writes packages/effect-posthog-4 and packages/testkit-4
//   node packages/tools/editions.mjs --check    only says what differs, and exits with 1 if anything does
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import ts from "typescript"
import * as rules from "./editions/rules.mjs"

const root = fileURLToPath(new URL("../../", import.meta.url))
const kept = fileURLToPath(new URL("editions/", import.meta.url))

/** The packages that have an Effect 4 edition, and what of them is generated. */
export const editions = [
  { from: "effect-posthog", to: "effect-posthog-4", self: "effect-posthog", folders: ["src", "test"] },
  { from: "testkit", to: "testkit-4", self: "@effect-posthog/testkit", folders: ["src", "test"] }
]

/**
 * Programs that are not published, which run on both editions: written for Effect 4 when they are run, by
 * `packages/tools/effect4.mjs`.
 */
export const programs = [
  { from: "conformance", to: "conformance-4", self: "conformance", folders: ["src", "test"], isProgram: true },
  { from: "examples", to: "examples-4", self: "examples", folders: ["src", "test"], isProgram: true },
  { from: "docs", to: "docs-4", self: "docs", folders: ["src"], isProgram: true }
]

/** What renews the editions. */
export const command = "node packages/tools/editions.mjs"

const filesBelow = (folder, prefix = "") =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`]
    ).sort()
    : []

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const parsed = (text) => ts.createSourceFile("edition.ts", text, ts.ScriptTarget.Latest, true)

/** Rewrites one call after the other, the innermost first, until the tables have nothing left to say. */
const rewriteCalls = (text, calls) => {
  const isWanted = new RegExp([
    ...Object.keys(calls).map((name) => `\\b${escaped(name)}\\b`),
    ...Object.keys(rules.methods).map((name) => `\\.${name}\\(`),
    "Context\\.Tag\\("
  ].join("|"))
  let current = text
  while (isWanted.test(current)) {
    /** @type {any} */
    let edit
    const visit = (node) => {
      if (edit !== undefined) return
      ts.forEachChild(node, visit)
      if (edit !== undefined || !ts.isCallExpression(node)) return
      edit = rewritten(node, calls)
    }
    visit(parsed(current))
    if (edit === undefined) return current
    current = current.slice(0, edit.from) + edit.text + current.slice(edit.to)
  }
  return current
}

const rewritten = (node, calls) => {
  const callee = node.expression.getText()
  const given = node.arguments.map((argument) => argument.getText())
  const types = node.typeArguments === undefined
    ? ""
    : `<${node.typeArguments.map((argument) => argument.getText()).join(", ")}>`
  const edit = (text) => ({ from: node.getStart(), to: node.getEnd(), text })
  if (Object.hasOwn(calls, callee)) {
    const replacement = calls[callee](given, types)
    return replacement === undefined ? undefined : edit(replacement)
  }
  if (!ts.isPropertyAccessExpression(node.expression)) return undefined
  const { expression: target, name } = node.expression
  return Object.hasOwn(rules.methods, name.text) ? edit(rules.methods[name.text](target.getText(), given)) : undefined
}

/** `Context.Tag("id")<Self, Shape>()` to `Context.Service<Self, Shape>()("id")`. */
const rewriteTags = (text) => {
  let current = text
  for (;;) {
    /** @type {any} */
    let edit
    const visit = (node) => {
      if (edit !== undefined) return
      if (
        (ts.isCallExpression(node) || ts.isExpressionWithTypeArguments(node)) && node.typeArguments !== undefined &&
        ts.isCallExpression(node.expression) && node.expression.expression.getText() === "Context.Tag"
      ) {
        const start = node.expression.getEnd()
        const end = ts.isCallExpression(node) ? node.getEnd() - "()".length : node.getEnd()
        edit = {
          from: node.getStart(),
          to: node.getEnd(),
          text: `Context.Service${current.slice(start, end)}()(${node.expression.arguments[0].getText()})`
        }
        return
      }
      ts.forEachChild(node, visit)
    }
    visit(parsed(current))
    if (edit === undefined) return current
    current = current.slice(0, edit.from) + edit.text + current.slice(edit.to)
  }
}

const rewriteModules = (text) =>
  text.replace(/(from |import\(\s*)"((?:@effect|effect)\/[^"]+|@effect\/[^"/]+)"/g, (all, before, path) => {
    if (Object.hasOwn(rules.modules, path)) return `${before}"${rules.modules[path]}"`
    for (const [name, folder] of Object.entries(rules.packages)) {
      if (path.startsWith(`${name}/`)) return `${before}"${folder}${path.slice(name.length)}"`
    }
    return all
  })

/** Named imports of barrels become imports of modules, or of what the barrel of Effect 4 has. */
const rewriteBarrels = (text) =>
  text.replace(/^import (type )?\{([^}]*)\} from "(effect|@effect\/platform)"$/gm, (all, type, list, from) => {
    const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "")
    const lines = []
    const others = []
    for (const item of names) {
      const name = item.replace(/^type /, "")
      const kind = type ?? (item.startsWith("type ") ? "type " : "")
      if (from === "@effect/platform") lines.push(`import ${kind}* as ${name} from "@effect/platform/${name}"`)
      else if (Object.hasOwn(rules.fromBarrel, name)) lines.push(rules.fromBarrel[name])
      else others.push(item)
    }
    if (others.length > 0) lines.unshift(`import ${type ?? ""}{ ${others.join(", ")} } from "${from}"`)
    return lines.length === 0 ? all : lines.join("\n")
  })

/** Names of tests that mean a name of Effect 4, and not a stand-in: examples may use them, too. */
const exampleNames = Object.fromEntries(
  Object.entries(rules.testNames).filter(([, replacement]) =>
    !Object.hasOwn(rules.testOwn, /^\w+/.exec(replacement)?.[0] ?? "")
  )
)

const namesFor = {
  source: rules.names,
  example: { ...exampleNames, ...rules.names },
  test: { ...rules.names, ...rules.testNames }
}

const rewriteNames = (text, kind) => {
  let current = text
  // Long names first: one may begin with another.
  const names = namesFor[kind]
  for (const [name, replacement] of Object.entries(names).sort(([a], [b]) => b.length - a.length)) {
    current = current.replace(new RegExp(`(?<![\\w.])${escaped(name)}\\b`, "g"), replacement)
  }
  for (const [name, replacement] of Object.entries(rules.members)) {
    current = current.replace(new RegExp(`(?<!\\bEffect)\\.${name}\\b`, "g"), `.${replacement}`)
  }
  return current
}

const uses = (body, name) => new RegExp(`(?:^|[^\\w.]|\\.\\.\\.)${name}\\b`, "m").test(body)

/** Namespaces that the tables and edits bring in. */
const brought = {
  Cause: "effect/Cause",
  Clock: "effect/Clock",
  Config: "effect/Config",
  Context: "effect/Context",
  Deferred: "effect/Deferred",
  Effect: "effect/Effect",
  Layer: "effect/Layer",
  Option: "effect/Option",
  OtlpExporter: "effect/observability/OtlpExporter",
  Queue: "effect/Queue",
  References: "effect/References",
  Semaphore: "effect/Semaphore"
}

/** Takes away imports of namespaces that nothing uses any more, and adds those that are missing. */
const mendImports = (text, path, isTest) => {
  const body = text.replace(/^import .*$/gm, "").replace(/^\s*(\/\/|\/?\*).*$/gm, "")
  const isImported = (name) => new RegExp(`^import [^"]*\\b${name}\\b`, "m").test(text)
  const isValue = (name) => new RegExp(`(?:^|[^\\w.]|\\.\\.\\.)${name}\\.[a-z]\\w*\\b(?!:)`, "m").test(body)
  let current = text.replace(
    /^import (?:type )?\* as (\w+) from "effect\/[^"]+"\n/gm,
    (line, name) => uses(body, name) ? line : ""
  )
  // What was imported as a type alone may have become a value.
  current = current.replace(
    /^import type (\* as (\w+) from "effect\/[^"]+")$/gm,
    (line, rest, name) => isValue(name) || Object.hasOwn(brought, name) ? `import ${rest}` : line
  )
  const lines = []
  if (/^import [^"]*from "effect["/]/m.test(text)) {
    for (const [name, module] of Object.entries(brought)) {
      if (uses(body.replace(/"[^"\n]*"/g, ""), name) && !isImported(name) && new RegExp(`\\b${name}\\.`).test(body)) {
        lines.push(`import * as ${name} from "${module}"\n`)
      }
    }
  }
  for (const [name, module] of Object.entries(isTest ? rules.testOwn : rules.own)) {
    if (path === module || !uses(body, name)) continue
    const from = relative(dirname(path), module)
    lines.push(`import { ${name} } from "${from.startsWith(".") ? from : `./${from}`}"\n`)
  }
  return lines.length === 0 ? current : current.replace(/^import /m, `${lines.join("")}import `)
}

/** Blocks of `from` and `to`, each of which must be found exactly once. */
export const readEdits = (text) => {
  const edits = new Map()
  let file
  const lines = text.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]
    if (line.startsWith("=== ")) file = line.slice(4)
    if (line !== "<<<<") continue
    const middle = lines.indexOf("====", index)
    const end = lines.indexOf(">>>>", middle)
    const block = { from: lines.slice(index + 1, middle).join("\n"), to: lines.slice(middle + 1, end).join("\n") }
    edits.set(file, [...(edits.get(file) ?? []), block])
    index = end
  }
  return edits
}

const applyEdits = (file, text, edits, problems) => {
  let current = text
  for (const { from, to } of edits) {
    const found = current.split(from).length - 1
    if (found !== 1) {
      problems.push(`${file}: an edit was found ${found} times instead of once; it begins with: ${from.split("\n")[0]}`)
      continue
    }
    current = current.replace(from, () => to)
  }
  return current
}

const marked = (text, from) => {
  const banner = `// Generated from ${from} by packages/tools/editions.mjs: change that file, not this one.\n`
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? ""
  return shebang + banner + text.slice(shebang.length)
}

const example = /^( *)\* ```ts\n([^]*?)^ *\* ```$/gm

/** The examples in comments, each of which is a module of its own. */
const translateExamples = (text) =>
  text.replace(example, (_all, indent, lines) => {
    const code = translate(lines.replace(/^ *\* ?/gm, ""), "example").replaceAll(
      "test/support/testClock.ts",
      "effect/testing/TestClock"
    )
    const mended = mendImports(code, "src/example.ts", false)
    return `${indent}* \`\`\`ts\n${
      mended.replace(/\n$/, "").replace(/^/gm, `${indent}* `).replace(/ +$/gm, "")
    }\n${indent}* \`\`\``
  })

/** The text of a module in Effect 4's words: of a source, of an example in a comment, or of a test. */
export const translate = (text, kind = "source") => {
  let current = rewriteTags(
    rewriteCalls(text, kind === "source" ? rules.calls : { ...rules.calls, ...rules.testCalls })
  )
  if (/\bEither\.|Effect\.either\b/.test(current)) {
    for (const [pattern, replacement] of rules.eitherTexts) current = current.replace(pattern, replacement)
  }
  current = rewriteNames(rewriteModules(rewriteBarrels(current)), kind)
  const texts = kind === "test" ? [...rules.texts, ...rules.testTexts] : rules.texts
  for (const [pattern, replacement] of texts) current = current.replace(pattern, replacement)
  return current
}

// Type positions are part of it: a type of the same name may have become another.
const namespaces =
  /^import (?:type )?(?:\* as (\w+) from "((?:effect|@effect\/[\w-]+)\/[^"]+)"|\{([^}]*)\} from "effect")$/gm

/** What a module uses of Effect, as `Namespace.name`. */
const usedOf = (text) => {
  const own = new Set()
  for (const [, name, , list] of text.matchAll(namespaces)) {
    if (name !== undefined) own.add(name)
    for (const item of (list ?? "").split(",")) own.add(item.replace(/^\s*type /, "").trim())
  }
  const body = text.replace(/^import .*$/gm, "").replace(/^\s*(\/\/|\/?\*).*$/gm, "")
  const used = [...body.matchAll(/(?:^|[^\w.]|\.\.\.)([A-Z]\w*)\.(\w+)/gm)]
  return new Set(used.filter(([, name]) => own.has(name)).map(([, name, member]) => `${name}.${member}`))
}

/** The names of Effect 3 that mean the same in Effect 4, as somebody made sure. */
const known = () =>
  new Set(
    [...readFileSync(join(kept, "known.txt"), "utf8").matchAll(/^(\w+): (.*)$/gm)]
      .flatMap(([, name, members]) => members.split(" ").map((member) => `${name}.${member}`))
  )

const hasRule = (name) =>
  Object.hasOwn(rules.names, name) || Object.hasOwn(rules.calls, name) || name.startsWith("Either.") ||
  Object.keys(rules.names).some((other) => other.startsWith(`${name}.`))

/** What the sources use of Effect that neither a rule nor the list of known names says anything of. */
const unknown = ({ from }) => {
  const names = known()
  return filesBelow(join(root, "packages", from, "src"), "src/").flatMap((name) =>
    [...usedOf(readFileSync(join(root, "packages", from, name), "utf8"))]
      .filter((used) => !names.has(used) && !hasRule(used))
      .map((used) =>
        `packages/${from}/${name} uses ${used}: see what Effect 4 calls it, and add a rule to ` +
        "packages/tools/editions/rules.mjs, or the name to known.txt beside it if it means the same"
      )
  )
}

/** The files of an edition, by path, and what went wrong. `raw`: without the edits by hand. */
export const generate = ({ folders, from, isProgram = false, self, to }, raw = false) => {
  const problems = []
  const files = new Map()
  const path = join(kept, `${to}.edits`)
  const edits = !raw && existsSync(path) ? readEdits(readFileSync(path, "utf8")) : new Map()
  const exceptions = exceptionsOf(to)
  const own = filesBelow(join(kept, to))
  const shared = folders.includes("test") || isProgram ? filesBelow(join(kept, "tests")) : []
  const overlay = new Set([...own, ...shared])
  for (const folder of folders) {
    for (const name of filesBelow(join(root, "packages", from, folder), `${folder}/`)) {
      const original = `packages/${from}/${name}`
      const source = readFileSync(join(root, original), "utf8")
      if (!name.endsWith(".ts")) {
        files.set(name, source)
        continue
      }
      if (overlay.has(name) || Object.hasOwn(exceptions, name)) {
        edits.delete(name)
        continue
      }
      const isTest = isProgram || folder === "test"
      let text = translate(isTest ? source : translateExamples(source), isTest ? "test" : "source")
      if (isTest && !isProgram) {
        text = text.replaceAll(`from "${self}`, `from "${self}-4`).replaceAll(`import("${self}`, `import("${self}-4`)
      }
      text = text.replace(/"(@effect\/vitest(?:\/utils)?|test\/support\/[^"]+)"/g, (all, path) => {
        const standIn = rules.standIns[path] ?? path
        if (!standIn.startsWith("test/")) return all
        const relation = relative(dirname(name), standIn)
        return `"${relation.startsWith(".") ? relation : `./${relation}`}"`
      })
      text = mendImports(applyEdits(original, text, edits.get(name) ?? [], problems), name, isTest)
      edits.delete(name)
      files.set(name, marked(text, original))
    }
  }
  if (folders.includes("test")) {
    files.set(
      "test/support/skipped.ts",
      marked(skippedTests(from, exceptions, problems), "packages/tools/editions/exceptions.json")
    )
  }
  for (const name of overlay) {
    const folder = own.includes(name) ? to : "tests"
    const path = `packages/tools/editions/${folder}/${name}`
    if (!raw) files.set(name, marked(readFileSync(join(root, path), "utf8"), path))
  }
  for (const name of edits.keys()) problems.push(`packages/tools/editions/${to}.edits: there is no ${name} any more`)
  return { files, problems }
}

/** Tests that do not hold for the edition, with the reason for each: files, and `file > name of a test`. */
const exceptionsOf = (to) => JSON.parse(readFileSync(join(kept, "exceptions.json"), "utf8"))[to] ?? {}

/** The module by which the stand-in for `@effect/vitest` knows the tests that are skipped. */
const skippedTests = (from, exceptions, problems) => {
  const skipped = Object.entries(exceptions).filter(([where]) => where.includes(" > "))
  for (const [where] of skipped) {
    const [file] = where.split(" > ")
    if (existsSync(join(root, "packages", from, file))) continue
    problems.push(`packages/tools/editions/exceptions.json names ${file}, which packages/${from} does not have`)
  }
  return `/** Tests that do not hold for Effect 4, and why. */\nexport const skipped = ${
    JSON.stringify(Object.fromEntries(skipped), undefined, 2)
  }\n`
}

const onDisk = ({ folders, to }) =>
  folders.flatMap((folder) => filesBelow(join(root, "packages", to, folder), `${folder}/`))

/** What differs from what the sources give now. */
export const differences = () => [
  ...programs.flatMap((edition) => generate(edition).problems),
  ...editions.flatMap((edition) => {
    const { files, problems } = generate(edition)
    const at = (name) => join(root, "packages", edition.to, name)
    return [
      ...problems,
      ...unknown(edition),
      ...(({ after, before }) => after === before ? [] : [`packages/${edition.to}/package.json has another version`])(
        withVersion(edition)
      ),
      ...[...files].flatMap(([name, text]) =>
        existsSync(at(name)) && readFileSync(at(name), "utf8") === text
          ? []
          : [`packages/${edition.to}/${name} is not as its source gives it`]
      ),
      ...onDisk(edition).filter((name) => !files.has(name)).map((name) =>
        `packages/${edition.to}/${name} has no source`
      )
    ]
  })
]

/** The manifest of an edition with the version of its source, under Effect's major version. */
const withVersion = ({ from, to }) => {
  const file = join(root, "packages", to, "package.json")
  const { version } = JSON.parse(readFileSync(join(root, "packages", from, "package.json"), "utf8"))
  const text = readFileSync(file, "utf8")
  return {
    file,
    before: text,
    after: text.replace(/"version": "[^"]*"/, `"version": "${version.replace(/^\d+/, "4")}"`)
  }
}

const write = (raw) =>
  editions.flatMap((edition) => {
    const { files, problems } = generate(edition, raw)
    const manifest = withVersion(edition)
    if (manifest.after !== manifest.before) writeFileSync(manifest.file, manifest.after)
    for (const name of onDisk(edition)) {
      if (!files.has(name)) rmSync(join(root, "packages", edition.to, name))
    }
    for (const [name, text] of files) {
      const path = join(root, "packages", edition.to, name)
      mkdirSync(dirname(path), { recursive: true })
      if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text)
    }
    return problems
  })

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = process.argv.includes("--check") ? differences() : write(process.argv.includes("--raw"))
  for (const problem of problems) console.error(problem)
  if (process.argv.includes("--check") && problems.length > 0) console.error(`Renew the editions: ${command}`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
