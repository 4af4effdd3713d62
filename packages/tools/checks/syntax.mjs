// Reading TypeScript sources without type information.
import { readFileSync } from "node:fs"
import ts from "typescript"
import { shown } from "./workspace.mjs"

export const parse = (file) =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)

/** Where a node is, as `path:line:column`. */
export const at = (node) => {
  const sourceFile = node.getSourceFile()
  const { line, character } = sourceFile.getLineAndCharacterOfPosition(node.getStart(sourceFile))
  return `${shown(sourceFile.fileName)}:${line + 1}:${character + 1}`
}

export const visit = (node, look) => {
  look(node)
  ts.forEachChild(node, (child) => visit(child, look))
}

/** Every module specifier that a source names: imports and exports, static, dynamic and of types. */
export const imports = (sourceFile) => {
  const found = []
  const add = (node, literal, kind) => {
    if (literal !== undefined && ts.isStringLiteralLike(literal)) found.push({ node, specifier: literal.text, kind })
  }
  visit(sourceFile, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, "static")
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], "dynamic")
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, "type")
    if (ts.isExternalModuleReference(node)) add(node, node.expression, "static")
  })
  return found
}

/** The package that a bare specifier names; nothing for a relative one. */
export const packageOf = (specifier) => {
  if (specifier.startsWith(".")) return undefined
  if (specifier.startsWith("node:")) return "node:"
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
}
