/**
 * Compilation of cohorts: nested groups of filters under three-valued logic.
 *
 * @since 0.1.0
 */
import type { FilterScope } from "./compileFilter.ts"
import { compileFilter, negate } from "./compileFilter.ts"
import type { DocumentObject, Path } from "./documentReader.ts"
import type { DocumentReader } from "./documentReader.ts"
import { step } from "./documentReader.ts"
import type { CompiledFilter, CompiledGroup, Reference } from "./plan.ts"
import type { Unresolved, Verdict } from "./verdict.ts"
import { heavier } from "./verdict.ts"

/** Groups may nest this deep; a stack has to hold them. */
const deepestGroup = 1500

const emptyGroup: CompiledGroup = { _tag: "Group", test: () => true, combine: "AND", children: [] }

/**
 * Compiles the value of a cohort. What the reader notes as a problem leaves the cohort to the server.
 *
 * @internal
 */
export const compileCohort = (
  value: unknown,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): CompiledGroup => compileGroup(reader.object(value, path), path, owner, scope, reader, 0)

const compileGroup = (
  group: DocumentObject,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader,
  depth: number
): CompiledGroup => {
  const type = group["type"]
  const values = group["values"]
  if (type !== "AND" && type !== "OR" && type !== "property") {
    reader.fail(step(path, "type"), "expected AND, OR or property")
    return emptyGroup
  }
  if (!Array.isArray(values)) {
    reader.fail(step(path, "values"), "expected an array")
    return emptyGroup
  }
  if (depth >= deepestGroup) {
    reader.fail(path, "nested too deeply")
    return emptyGroup
  }
  const valuesPath = step(path, "values")
  const children = values.map((child, i) => compileChild(child, step(valuesPath, i), owner, scope, reader, depth + 1))
  const combine = type === "OR" ? "OR" : "AND"
  return { _tag: "Group", test: combination(combine === "AND", children), combine, children }
}

const compileChild = (
  value: unknown,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader,
  depth: number
): CompiledGroup | CompiledFilter => {
  const child = reader.object(value, path)
  const type = child["type"]
  if (child["values"] !== undefined || type === "AND" || type === "OR" || type === "property") {
    return compileGroup(child, path, owner, scope, reader, depth)
  }
  // Membership never depends on properties of groups: such a leaf looks at the person, too.
  const leaf = type === "group" ? { ...child, type: "person" } : child
  const filter = compileFilter(leaf, path, { _tag: "Person" }, owner, scope, reader)
  return child["negation"] === true ? negate(filter) : filter
}

/** All children of an AND, any child of an OR. One that decides does so wherever it stands. */
const combination =
  (all: boolean, children: ReadonlyArray<CompiledGroup | CompiledFilter>): CompiledGroup["test"] => (pass) => {
    let unresolved: Unresolved | undefined = undefined
    for (let i = 0; i < children.length; i++) {
      const verdict: Verdict = children[i]!.test(pass)
      if (verdict === !all) {
        return verdict
      }
      if (verdict !== all) {
        unresolved = heavier(unresolved, verdict as Unresolved)
      }
    }
    return unresolved ?? all
  }
