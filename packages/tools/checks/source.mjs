// Rules for sources that the linter has no words for.
import { builtinModules } from "node:module"
import { basename, dirname, join, relative, sep } from "node:path"
import ts from "typescript"
import { at, imports, packageOf, parse, visit } from "./syntax.mjs"
import { bundled, manifestOf, packageNames, publishable, root, shown, sourceFiles } from "./workspace.mjs"

export const source = () =>
  packageNames.flatMap((name) => {
    const manifest = manifestOf(name)
    const runtime = { ...manifest.dependencies, ...manifest.peerDependencies }
    const development = { ...runtime, ...manifest.devDependencies }
    return [
      ...sourceFiles(name).flatMap((file) => [
        ...declaredImports(file, manifest.name, publishable.includes(name) ? runtime : development),
        ...privateMembers(file),
        ...([...publishable, ...bundled].includes(name) ? [...fileName(name, file), ...librarySource(name, file)] : [])
      ]),
      ...["test", "dtslint"].flatMap((folder) => sourceFiles(name, folder)).flatMap((file) => [
        ...declaredImports(file, manifest.name, development),
        ...noFocus(file)
      ])
    ]
  })

// Tools that every package's tests may use without declaring them once more.
const everywhere = ["vitest", "tstyche", "typescript"]

/** What is imported is declared by the package that imports it, so that it is there when that package is installed. */
const declaredImports = (file, self, declared) => {
  const isTest = !shown(file).includes("/src/")
  return imports(parse(file)).flatMap(({ node, specifier }) => {
    const wanted = packageOf(specifier)
    if (wanted === undefined || wanted === "node:" || wanted === self || wanted in declared) return []
    if (isTest && everywhere.includes(wanted)) return []
    if (builtinModules.includes(wanted)) return [`${at(node)} write "node:${specifier}"`]
    return [`${at(node)} "${wanted}" is not declared in this package's package.json`]
  })
}

/** One way to write private members. What a snapshot keeps stays out of what inspecting and comparing it show. */
const privateMembers = (file) => {
  const problems = []
  if (shown(file).endsWith("/internal/evaluation/snapshot.ts")) return problems
  visit(parse(file), (node) => {
    if (
      ts.isPrivateIdentifier(node) && "name" in node.parent && node.parent.name === node &&
      !ts.isPropertyAccessExpression(node.parent)
    ) {
      problems.push(`${at(node)} a private member is written \`private ${node.text.slice(1)}\``)
    }
  })
  return problems
}

const banned = /^(utils?|common|helpers?|manager|misc)$/i

/** Public modules are named after their concept in PascalCase; internal ones and those of bundles in camelCase. */
const fileName = (name, file) => {
  const path = relative(join(root, "packages", name, "src"), file).split(sep).join("/")
  if (path === "index.ts") return []
  const stem = basename(path, ".ts")
  const isInternal = bundled.includes(name) || dirname(path).split("/")[0] === "internal"
  const wanted = isInternal ? /^[a-z][A-Za-z0-9]*$/ : /^[A-Z][A-Za-z0-9]*$/
  const problems = []
  if (!wanted.test(stem)) problems.push(`${shown(file)} is not named in ${isInternal ? "camelCase" : "PascalCase"}`)
  if (banned.test(stem)) problems.push(`${shown(file)} is not named after a concept`)
  return problems
}

const librarySource = (name, file) => {
  const problems = []
  const sourceFile = parse(file)
  const isPortable = portable.includes(name)
  visit(sourceFile, (node) => {
    if (isPortable && namesNodeModule(node) && !isGuarded(node)) {
      problems.push(`${at(node)} a module of Node is named by a constant, and imported by a guarded dynamic import`)
    }
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments ?? []).length === 0) {
      problems.push(`${at(node)} the time comes from Clock, or is an argument`)
    }
    if (name === "evaluator" && usesDate(node)) {
      problems.push(`${at(node)} the evaluator reads dates with its own parser`)
    }
    if (name === "evaluator" && ts.isThrowStatement(node)) {
      problems.push(`${at(node)} the evaluator never throws: what goes wrong is a result or a Problem`)
    }
    if (name === "effect-posthog" && resumesAnother(node) && !isWoken(node)) {
      problems.push(`${at(node)} other fibers are resumed and interrupted through wake`)
    }
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text.endsWith("Live")) {
      problems.push(`${at(node)} layers are named layer, layerMemory, layerNoop ...: never Live`)
    }
  })
  return problems
}

/** Ends what other fibers wait for, or interrupts one, outside of an effect: Effect 4 runs that fiber then and there. */
const resumesAnother = (node) =>
  ts.isPropertyAccessExpression(node) && ["unsafeDone", "unsafeInterruptAsFork"].includes(node.name.text)

const isWoken = (node) => {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (ts.isCallExpression(outer) && outer.expression.getText() === "wake") return true
  }
  return false
}

/** Libraries that also run where Node's modules are absent. */
const portable = ["evaluator", "regex-re2", "effect-posthog"]

const namesNodeModule = (node) =>
  ts.isStringLiteralLike(node) && node.text.startsWith("node:") &&
  builtinModules.includes(node.text.slice("node:".length))

/**
 * A module of Node is loaded where it exists only: `const zlibModule = "node:zlib"`, then `import(zlibModule)` as the
 * `try` of an `Effect.tryPromise`. Bundlers do not follow a name that is a variable, and the failure is handled.
 */
const isGuarded = (node) => {
  const declaration = node.parent
  if (!ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return false
  const { name } = declaration
  const uses = []
  visit(node.getSourceFile(), (other) => {
    if (ts.isIdentifier(other) && other.text === name.text && other !== name) uses.push(other)
  })
  return uses.length > 0 && uses.every((use) => isDynamicImport(use.parent) && isTried(use.parent))
}

const isDynamicImport = (node) => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword

/** Whether a node is in what `Effect.tryPromise` tries: its argument, or the `try` of its options. */
const isTried = (node) => {
  let inner = node
  for (let outer = node.parent; outer !== undefined; inner = outer, outer = outer.parent) {
    if (ts.isPropertyAssignment(outer) && outer.name.getText() !== "try") return false
    if (ts.isCallExpression(outer) && outer.expression.getText() === "Effect.tryPromise") {
      return outer.arguments[0] === inner
    }
  }
  return false
}

/** Makes or parses a date; a test with `instanceof` is neither. */
const usesDate = (node) =>
  (ts.isNewExpression(node) || ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) &&
  node.expression.getText() === "Date"

const suites = new Set(["it", "test", "describe", "suite", "layer", "bench"])

/** A focused test hides all others. (`only` is also the name of a method of snapshots, which no suite is.) */
const noFocus = (file) => {
  const problems = []
  visit(parse(file), (node) => {
    if (!ts.isPropertyAccessExpression(node) || node.name.text !== "only") return
    let target = node.expression
    while (ts.isPropertyAccessExpression(target)) target = target.expression
    if (ts.isIdentifier(target) && suites.has(target.text)) problems.push(`${at(node)} a focused test hides the others`)
  })
  return problems
}
