// The imports that an excerpt of a file needs.
import ts from "typescript"
import { parse, visit } from "./syntax.mjs"

const width = 120

/** Whether an identifier names a variable or a type that is declared elsewhere. */
const isReference = (node) => {
  const { parent } = node
  if (ts.isQualifiedName(parent)) return parent.left === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return /** @type {any} */ (parent).name !== node && /** @type {any} */ (parent).propertyName !== node
}

const specifierOf = ({ moduleSpecifier }) => ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ""

const written = (declaration, isUsed) => {
  const { importClause, moduleSpecifier } = declaration
  if (importClause === undefined) return []
  const { name, namedBindings } = importClause
  const whole = [
    ...(name !== undefined && isUsed(name) ? [name.text] : []),
    ...(namedBindings !== undefined && ts.isNamespaceImport(namedBindings) && isUsed(namedBindings.name)
      ? [`* as ${namedBindings.name.text}`]
      : [])
  ]
  const named = namedBindings !== undefined && ts.isNamedImports(namedBindings)
    ? namedBindings.elements.filter((element) => isUsed(element.name)).map((element) => element.getText())
    : []
  if (whole.length + named.length === 0) return []
  const type = importClause.isTypeOnly ? "type " : ""
  const line = (names) => `import ${type}${[...whole, ...names].join(", ")} from ${moduleSpecifier.getText()}`
  if (named.length === 0) return [line([])]
  const short = line([`{ ${named.join(", ")} }`])
  return [short.length <= width ? short : line([`{\n  ${named.join(",\n  ")}\n}`])]
}

/**
 * The imports of a file that these of its lines use, as lines of code. `ranges`: of each excerpt the first line and the
 * one after the last, from 0. Imports within an excerpt are part of it already. `isAvailable`: whether the reader has what
 * a specifier names.
 */
export const importsOf = (file, ranges, isAvailable) => {
  const source = parse(file)
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line
  const isWithin = (node) => {
    const line = lineOf(node.getStart(source))
    return ranges.some(([first, last]) => line >= first && line < last)
  }
  const used = new Set()
  visit(source, (node) => {
    if (ts.isIdentifier(node) && isWithin(node) && isReference(node)) used.add(node.text)
  })
  return source.statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .filter((declaration) => !isWithin(declaration) && isAvailable(specifierOf(declaration)))
    .flatMap((declaration) => written(declaration, (name) => used.has(name.text)))
}
