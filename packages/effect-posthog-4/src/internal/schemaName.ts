// Generated from packages/tools/editions/effect-posthog-4/src/internal/schemaName.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"

/**
 * What a schema calls what it wants.
 *
 * @internal
 */
export const schemaName = (ast: AST.AST): string =>
  SchemaIssue.defaultLeafHook(new SchemaIssue.InvalidType(ast)).replace(/^Expected /, "")
