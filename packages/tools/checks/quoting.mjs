// A name that comes from outside (a flag's key, an event's name, a host, the words of a server) may hold line breaks,
// escape sequences and marks that turn the text around it. A message has it through `quote`, and in no other way.
//
// A message is a template whose own text has two words. What it interpolates is a number, a truth value, one of a closed
// set of words, a call of `quote` or `oneLine`, or text that is made of these alone: constants, and functions that return
// nothing else, of nothing else. `problem` and `message` are the names of text that is composed in the library: it is
// looked at where it is composed.
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

/** Expressions that are looked at, since a function may call itself. */
const asked = new Set()

const isHarmless = (expression, checker, given = new Set()) => {
  const node = ts.skipPartiallyEmittedExpressions(expression)
  const type = checker.getTypeAtLocation(node)
  if ((type.isUnion() ? type.types : [type]).every(({ flags }) => (flags & closed) !== 0)) return true
  const all = (...nodes) => nodes.every((part) => isHarmless(part, checker, given))
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSpreadElement(node)) {
    return all(node.expression)
  }
  if (ts.isConditionalExpression(node)) return all(node.whenTrue, node.whenFalse)
  if (ts.isTemplateExpression(node)) return all(...node.templateSpans.map((span) => span.expression))
  if (ts.isBinaryExpression(node)) return all(node.left, node.right)
  if (ts.isArrayLiteralExpression(node)) return all(...node.elements)
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every((property) => ts.isPropertyAssignment(property) && all(property.initializer))
  }
  if (ts.isPropertyAccessExpression(node)) return composed.includes(node.name.text)
  // The words of a table that is written here.
  if (ts.isElementAccessExpression(node)) return all(node.expression)
  if (ts.isIdentifier(node)) return composed.includes(node.text) || isHarmlessName(node, checker, given)
  return ts.isCallExpression(node) && isHarmlessCall(node, checker, given)
}

const composed = ["problem", "message"]

const quotes = ["quote", "oneLine"]

const isHarmlessCall = (node, checker, given) => {
  const all = (...nodes) => nodes.every((part) => isHarmless(part, checker, given))
  const { expression: callee } = node
  if (ts.isIdentifier(callee)) {
    if (callee.text === "String") return all(...node.arguments)
    return quotes.includes(callee.text) || isHarmlessFunction(declarationOf(callee, checker), checker, new Set()) ||
      (all(...node.arguments) && isHarmlessFunction(declarationOf(callee, checker), checker))
  }
  if (callee.getText() === "Duration.format") return true
  if (!ts.isPropertyAccessExpression(callee)) return false
  // `names.map(quote).join(", ")`, `names.map((name) => ...).join(", ")`
  const { expression: target, name } = callee
  if (name.text === "join") return all(target)
  if (name.text === "map" || name.text === "flatMap") {
    return isHarmlessFunction(node.arguments[0], checker, all(target) ? undefined : new Set())
  }
  return ["slice", "sort", "filter", "trim"].includes(name.text) && all(target)
}

/** What a name stands for: the function or the constant, in whichever module. */
const declarationOf = (identifier, checker) => {
  let symbol = checker.getSymbolAtLocation(identifier)
  if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol)
  const declaration = symbol?.valueDeclaration
  return declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration
}

/** A constant that is initialized with harmless text, or a parameter that is given some. */
const isHarmlessName = (identifier, checker, given) => {
  const declaration = checker.getSymbolAtLocation(identifier)?.valueDeclaration
  if (declaration !== undefined && given.has(declaration)) return true
  const initializer = declarationOf(identifier, checker)
  if (initializer === undefined || !ts.isExpression(initializer) || asked.has(initializer)) return false
  asked.add(initializer)
  try {
    return isHarmless(initializer, checker, given)
  } finally {
    asked.delete(initializer)
  }
}

/** Whether a function returns harmless text: for any arguments, or for harmless ones when it is given none. */
const isHarmlessFunction = (node, checker, given) => {
  if (node === undefined || asked.has(node)) return false
  if (ts.isIdentifier(node)) {
    return quotes.includes(node.text) || isHarmlessFunction(declarationOf(node, checker), checker, given)
  }
  if (!ts.isArrowFunction(node) && !ts.isFunctionDeclaration(node)) return false
  const { body } = node
  if (body === undefined) return false
  const parameters = given ?? new Set(node.parameters)
  asked.add(node)
  try {
    if (!ts.isBlock(body)) return isHarmless(body, checker, parameters)
    const returned = []
    const look = (inner) => {
      if (ts.isReturnStatement(inner)) returned.push(inner.expression)
      if (!ts.isFunctionLike(inner)) ts.forEachChild(inner, look)
    }
    look(body)
    return returned.length > 0 &&
      returned.every((value) => value !== undefined && isHarmless(value, checker, parameters))
  } finally {
    asked.delete(node)
  }
}
