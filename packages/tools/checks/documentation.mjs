// Every export of a public module has a description, a version and a category; what is internal says so.
import { join, relative } from "node:path"
import ts from "typescript"
import { at, parse } from "./syntax.mjs"
import { manifestOf, publishable, root, shown, sourceFiles } from "./workspace.mjs"

const categories = [
  "type ids",
  "models",
  "schemas",
  "errors",
  "tags",
  "services",
  "layers",
  "constructors",
  "combinators",
  "getters",
  "guards",
  "configuration",
  "metrics",
  "testing"
]

export const documentation = () =>
  publishable.flatMap((name) => {
    const sources = join(root, "packages", name, "src")
    const files = sourceFiles(name)
    return files.flatMap((file) => {
      const sourceFile = parse(file)
      if (relative(sources, file).startsWith("internal")) return internalModule(sourceFile)
      const major = manifestOf(name).version.split(".")[0]
      if (file === join(sources, "index.ts") && files.length > 1) return barrel(sourceFile, major)
      return publicModule(sourceFile, major)
    })
  })

const publicModule = (sourceFile, major) => [
  ...header(sourceFile, major),
  ...exported(sourceFile).flatMap((declaration) => [
    ...described(declaration, major),
    ...(ts.isClassDeclaration(declaration) ? declaration.members.filter(isPublicStatic).flatMap(describedMember) : [])
  ])
]

/** An export of an internal module is marked so, or documented like a public one because a public module re-exports it. */
const internalModule = (sourceFile) =>
  exported(sourceFile)
    .filter((declaration) => {
      const names = (declaration.jsDoc ?? []).flatMap((comment) => comment.tags ?? []).map((tag) => tag.tagName.text)
      return !names.includes("internal") && !(names.includes("since") && names.includes("category"))
    })
    .map((declaration) =>
      `${at(declaration)} ${nameOf(declaration)} is exported by an internal module: /** @internal */`
    )

/** The root of a package of several modules has re-exports and nothing else. */
const barrel = (sourceFile, major) => [
  ...header(sourceFile, major),
  ...sourceFile.statements
    .filter((statement) => !ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined)
    .map((statement) => `${at(statement)} index.ts re-exports modules and declares nothing`)
]

/** Whether a package with this major version can have had a thing since then. None was published below its major one. */
const isSince = (version, major) => /^\d+\.\d+\.\d+$/.test(version) && version.split(".")[0] === major

const header = (sourceFile, major) => {
  const [first] = ts.getLeadingCommentRanges(sourceFile.text, 0) ?? []
  const comment = first === undefined ? "" : sourceFile.text.slice(first.pos, first.end)
  const [, since = ""] = /@since (\S+)/.exec(comment) ?? []
  if (comment.startsWith("/**") && isSince(since, major)) return []
  return [`${shown(sourceFile.fileName)} begins without a module comment that has @since ${major}.x.x`]
}

/** Exported declarations, the first of each overloaded function. */
const exported = (sourceFile) => {
  const seen = new Set()
  return sourceFile.statements.filter((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) ?? [] : []
    if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return false
    if (!ts.isFunctionDeclaration(statement)) return true
    const name = nameOf(statement)
    return !seen.has(name) && seen.add(name)
  })
}

const described = (declaration, major) => {
  if (tags(declaration, "internal").length > 0) return []
  const problems = []
  const where = `${at(declaration)} ${nameOf(declaration)}`
  if (description(declaration) === "") problems.push(`${where} has no description`)
  const since = tags(declaration, "since")
  if (since.length !== 1 || !isSince(since[0], major)) problems.push(`${where} has no @since ${major}.x.x`)
  const category = tags(declaration, "category")
  if (category.length !== 1) {
    problems.push(`${where} has ${category.length === 0 ? "no @category" : "more than one @category"}`)
  } else if (!categories.includes(category[0])) {
    problems.push(`${where} has the category "${category[0]}", which is not one of: ${categories.join(", ")}`)
  }
  return problems
}

const isPublicStatic = (member) => {
  const flags = ts.getCombinedModifierFlags(member)
  return (flags & ts.ModifierFlags.Static) !== 0 && (flags & ts.ModifierFlags.Private) === 0
}

const describedMember = (member) =>
  tags(member, "internal").length > 0 || description(member) !== ""
    ? []
    : [`${at(member)} static ${member.name?.getText()} has no description`]

/** The comment of a declaration: the last one before it, and never the first of the file, which is the module's. */
const commentOf = (declaration) => {
  const [first] = ts.getLeadingCommentRanges(declaration.getSourceFile().text, 0) ?? []
  return (declaration.jsDoc ?? []).filter((comment) => comment.pos !== first?.pos).at(-1)
}

const description = (declaration) => (ts.getTextOfJSDocComment(commentOf(declaration)?.comment) ?? "").trim()

const tags = (declaration, name) =>
  (commentOf(declaration)?.tags ?? [])
    .filter((tag) => tag.tagName.text === name)
    .map((tag) => (ts.getTextOfJSDocComment(tag.comment) ?? "").trim())

const nameOf = (declaration) =>
  ts.isVariableStatement(declaration)
    ? declaration.declarationList.declarations.map((variable) => variable.name.getText()).join(", ")
    : declaration.name?.getText() ?? "default"
