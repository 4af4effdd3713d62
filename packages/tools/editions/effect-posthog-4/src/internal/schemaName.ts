import type * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

/**
 * What a schema calls what it wants.
 *
 * @internal
 */
export const schemaName = (ast: AST.AST): string =>
  SchemaIssue.defaultLeafHook(new SchemaIssue.InvalidType(ast)).replace(/^Expected /, "")
