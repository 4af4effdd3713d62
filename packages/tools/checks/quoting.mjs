// A name that comes from outside (a flag's key, an event's name, a host, the words of a server) may hold line breaks,
// escape sequences and marks that turn the text around it. A message has it through `quote`, and in no other way.
//
// A message is a template whose own text has two words. What it interpolates is a number, a truth value, one of a closed
// set of words, a call of `quote`, or text that is made of these alone. `problem` is the name of text that is composed
// in the library: it is a message itself, and is looked at where it is composed.
import { join } from "node:path"
import ts from "typescript"
import { at, visit } from "./syntax.mjs"
import { publishable, root, sourceFiles } from "./workspace.mjs"

/** Libraries that write about names which are not theirs. */
const quoted = ["effect-posthog"]

export const quoting = () => {
  const files = publishable.filter((name) => quoted.includes(name)).flatMap((name) => sourceFiles(name))
  if (files.length === 0) return ["looked at no file"]
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram(files, { ...options, composite: false, incremental: false, noEmit: true })
  const checker = program.getTypeChecker()
  return files.flatMap((file) => unquoted(program.getSourceFile(file), checker))
}

const unquoted = (sourceFile, checker) => {
  const problems = []
  visit(sourceFile, (node) => {
    if (!ts.isTemplateExpression(node) || !isMessage(node)) return
    for (const { expression } of node.templateSpans) {
      if (!isHarmless(expression, checker)) {
        problems.push(`${at(expression)} a message has ${expression.getText()} without quote()`)
      }
    }
  })
  return problems
}

const isMessage = (template) => {
  const text = [template.head, ...template.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join(
    "?"
  )
  return text.includes(" ") && (text.match(/[a-z]{2,}/gi) ?? []).length > 1
}

const closed = ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.BigIntLike |
  ts.TypeFlags.StringLiteral |
  ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Never

const isHarmless = (expression, checker) => {
  const node = ts.skipPartiallyEmittedExpressions(expression)
  const type = checker.getTypeAtLocation(node)
  if ((type.isUnion() ? type.types : [type]).every(({ flags }) => (flags & closed) !== 0)) return true
  const all = (...nodes) => nodes.every((part) => isHarmless(part, checker))
  if (ts.isParenthesizedExpression(node)) return all(node.expression)
  if (ts.isConditionalExpression(node)) return all(node.whenTrue, node.whenFalse)
  if (ts.isTemplateExpression(node)) return all(...node.templateSpans.map((span) => span.expression))
  if (ts.isBinaryExpression(node)) return all(node.left, node.right)
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "problem"
  if (ts.isIdentifier(node)) return node.text === "problem" || isHarmlessName(node, checker)
  if (!ts.isCallExpression(node)) return false
  if (ts.isIdentifier(node.expression)) return node.expression.text === "quote"
  if (node.expression.getText() === "Duration.format") return true
  if (!ts.isPropertyAccessExpression(node.expression)) return false
  // `names.map(quote).join(", ")`, `names.map((name) => ...).join(", ")`
  const { expression: target, name } = node.expression
  if (name.text === "join") return all(target)
  if (name.text === "map") return isHarmlessFunction(node.arguments[0], checker)
  return ["slice", "sort", "filter", "trim"].includes(name.text) && all(target)
}

/** A constant that is initialized with harmless text. */
const isHarmlessName = (identifier, checker) => {
  const declaration = checker.getSymbolAtLocation(identifier)?.valueDeclaration
  return declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined &&
    isHarmless(declaration.initializer, checker)
}

const isHarmlessFunction = (node, checker) =>
  node !== undefined &&
  ((ts.isIdentifier(node) && node.text === "quote") ||
    (ts.isArrowFunction(node) && !ts.isBlock(node.body) && isHarmless(node.body, checker)))
