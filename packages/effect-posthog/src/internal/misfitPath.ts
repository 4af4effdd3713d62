import type { ParseIssue } from "effect/ParseResult"
import type * as AST from "effect/SchemaAST"

// Keys that the schema names are no secret; others belong to the value.
const shown = (key: PropertyKey, parent: AST.AST | undefined): string => {
  if (parent?._tag === "TupleType") return `[${String(key)}]`
  return parent?._tag === "TypeLiteral" && parent.propertySignatures.some(({ name }) => name === key)
    ? `.${String(key)}`
    : ".*"
}

const listOf = <A>(values: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(values) ? values : [values as A]

/**
 * The place of the first value that does not fit a schema, such as `items[2].price`, without a word of what the value
 * itself holds.
 *
 * @internal
 */
export const misfitPath = (issue: ParseIssue): string => {
  let path = ""
  let parent: AST.AST | undefined
  let current: ParseIssue | undefined = issue
  while (current !== undefined) {
    switch (current._tag) {
      case "Composite":
        parent = current.ast
        current = listOf<ParseIssue>(current.issues)[0]
        break
      case "Pointer":
        for (const key of listOf<PropertyKey>(current.path)) path += shown(key, parent)
        current = current.issue
        break
      case "Refinement":
      case "Transformation":
        current = current.issue
        break
      default:
        current = undefined
    }
  }
  return path.startsWith(".") ? path.slice(1) : path
}
