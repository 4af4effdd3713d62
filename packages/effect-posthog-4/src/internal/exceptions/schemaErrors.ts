// Generated from packages/effect-posthog/src/internal/exceptions/schemaErrors.ts by packages/tools/editions.mjs: change that file, not this one.
import { schemaName } from "../schemaName.ts"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { cut, isReference, keysOf, read, readText } from "./reading.ts"

const mostIssues = 1000
const longestExpectation = 200

const listOf = <A>(values: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(values) ? values : [values as A]

// Keys that the schema names are not private; others belong to the value.
const keyText = (key: PropertyKey, parent: AST.AST | undefined): string => {
  if (parent?._tag === "Arrays") return `[${String(key)}]`
  return parent?._tag === "Objects" && parent.propertySignatures.some(({ name }) => name === key)
    ? `.${String(key)}`
    : ".*"
}

interface Place {
  readonly issue: SchemaIssue.Issue
  readonly parent: AST.AST | undefined
  readonly path: string
}

// One step towards what is wrong; `undefined` when the issue says it itself.
const inside = ({ issue, parent, path }: Place): ReadonlyArray<Place> | undefined => {
  switch (issue._tag) {
    case "Composite":
      return listOf<SchemaIssue.Issue>(issue.issues).map((nested) => ({ issue: nested, parent: issue.ast, path }))
    case "Pointer": {
      const keys = listOf<PropertyKey>(issue.path).map((key) => keyText(key, parent)).join("")
      return [{ issue: issue.issue, parent, path: path + keys }]
    }
    case "AnyOf":
      return issue.issues.length === 0 ? undefined : issue.issues.map((nested) => ({ issue: nested, parent, path }))
    case "Filter":
    case "Encoding":
      return [{ issue: issue.issue, parent, path }]
    default:
      return undefined
  }
}

// The schema's name for what it wants. Its messages may show the value.
const expectation = (issue: SchemaIssue.Issue): string => {
  switch (issue._tag) {
    case "MissingKey":
      return "Missing value"
    case "UnexpectedKey":
      return "Unexpected value"
    case "InvalidType":
    case "AnyOf":
    case "OneOf":
      return `Expected ${cut(schemaName(issue.ast), longestExpectation)}`
    default:
      return "Forbidden value"
  }
}

const sentence = (expected: string, path: string, more: number): string => {
  const problem = path === "" ? expected : `${expected} at ${path.startsWith(".") ? path.slice(1) : path}`
  return more === 0 ? problem : `${problem}, and ${more} more`
}

const parseErrorText = (issue: SchemaIssue.Issue): string => {
  const open: Array<Place> = [{ issue, parent: undefined, path: "" }]
  let first: Place | undefined
  let found = 0
  for (let place = open.pop(), looked = 0; place !== undefined && looked < mostIssues; place = open.pop(), looked++) {
    const nested = inside(place)
    if (nested === undefined) {
      found++
      first ??= place
    } else {
      for (const next of [...nested].reverse()) open.push(next)
    }
  }
  return first === undefined ? "Does not fit its schema" : sentence(expectation(first.issue), first.path, found - 1)
}

const decodeErrorTags: Readonly<Record<string, string>> = {
  Missing: "Missing value",
  Unexpected: "Unexpected value",
  Forbidden: "Forbidden value"
}

// The issues of an `HttpApiDecodeError` are already text; what is expected stands before the value.
const decodeErrorText = (issues: ReadonlyArray<unknown>): string => {
  const [first] = issues
  const message = readText(first, "message") ?? ""
  const value = message.indexOf(", actual ")
  const expected = message.startsWith("Expected ") && value > 0
    ? cut(message.slice(0, value), longestExpectation)
    : decodeErrorTags[String(read(first, "_tag"))] ?? "Does not fit its schema"
  const path = read(first, "path")
  const keys = Array.isArray(path)
    ? path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("")
    : ""
  return sentence(expected, keys, issues.length - 1)
}

// `Schema.TaggedError` makes a message out of the values of all fields, unless one of them is the message.
const generatedBy = (error: object): unknown => {
  let owner: unknown = error
  for (let depth = 0; isReference(owner) && depth < 100; depth++) {
    if (Object.hasOwn(owner, "message")) {
      const constructor: unknown = Object.getOwnPropertyDescriptor(owner, "constructor")?.value
      return isReference(constructor) && Object.hasOwn(constructor, "_tag") && Schema.isSchema(constructor)
        ? constructor
        : undefined
    }
    owner = Object.getPrototypeOf(owner)
  }
  return undefined
}

const fieldsText = (constructor: unknown): string => {
  const fields = read(constructor, "fields")
  return `fields: ${isReference(fields) ? (keysOf(fields) ?? []).filter((key) => key !== "_tag").join(", ") : ""}`
}

/**
 * What to say of the errors of `Schema`, whose own messages show the values that they are about.
 *
 * @internal
 */
export const schemaErrorText = (error: object): string | undefined => {
  try {
    if (Schema.isSchemaError(error)) return parseErrorText(error.issue)
    const issues = read(error, "_tag") === "HttpApiDecodeError" ? read(error, "issues") : undefined
    if (Array.isArray(issues)) return decodeErrorText(issues)
    const constructor = generatedBy(error)
    return constructor === undefined ? undefined : fieldsText(constructor)
  } catch {
    return undefined
  }
}
