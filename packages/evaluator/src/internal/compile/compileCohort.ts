/**
 * Compilation of cohorts: nested groups of filters under three-valued logic.
 *
 * @since 1.0.0
 */
import type { RequiresServer } from "../../Result.ts"
import type { CompiledFilter, CompiledGroup, Reference } from "../plan.ts"
import type { Unresolved, Verdict } from "../verdict.ts"
import { exhausted, stronger } from "../verdict.ts"
import type { FilterScope } from "./compileFilter.ts"
import { compileFilter, constant, negate, person, workPerFilter } from "./compileFilter.ts"
import type { DocumentObject, Path } from "./documentReader.ts"
import { DocumentReader, isRecord, step, tooLargeMessage } from "./documentReader.ts"

/** Groups may nest this deep; a stack has to hold them. */
const deepestGroup = 1500

/** A cohort may have this many members. Groups that hold themselves have no end of them. */
const mostMembers = 100_000

/** What the members of one cohort are compiled with. */
interface Compiler {
  readonly owner: Reference
  readonly scope: FilterScope
  /** The verdict on what cannot be read. */
  readonly undecided: RequiresServer
  /** Notes what cannot be read. */
  readonly reader: DocumentReader
  members: number
}

/**
 * Compiles the value of a cohort; `undefined` when it is not a group. Members that cannot be read are left to the server,
 * each for itself: the others may decide. The reader notes the first of them.
 *
 * @internal
 */
export function* compileCohort(
  value: unknown,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  undecided: RequiresServer,
  reader: DocumentReader
): Generator<void, CompiledGroup | undefined, void> {
  const compiler: Compiler = { owner, scope, undecided, reader, members: 0 }
  const group = yield* compileGroup(value, path, 0, compiler)
  return compiler.members > mostMembers ? undefined : group
}

function* compileGroup(
  value: unknown,
  path: Path,
  depth: number,
  compiler: Compiler
): Generator<void, CompiledGroup | undefined, void> {
  const { reader, scope } = compiler
  if (!isRecord(value)) {
    reader.refuse(value, path, "an object")
    return undefined
  }
  const { type, values } = value
  if (type !== "AND" && type !== "OR" && type !== "property") {
    reader.fail(step(path, "type"), "expected AND, OR or property")
    return undefined
  }
  if (!Array.isArray(values)) {
    reader.refuse(values, step(path, "values"), "an array")
    return undefined
  }
  compiler.members += values.length
  if (depth >= deepestGroup || compiler.members > mostMembers) {
    reader.fail(path, tooLargeMessage)
    return undefined
  }
  const valuesPath = step(path, "values")
  const children: Array<CompiledGroup | CompiledFilter> = []
  for (let i = 0; i < values.length; i++) {
    children.push(yield* compileChild(values[i], step(valuesPath, i), depth + 1, compiler))
    if (scope.steps.take(workPerFilter)) yield
  }
  const combine = type === "OR" ? "OR" : "AND"
  return { _tag: "Group", test: combination(combine === "AND", children), combine, children }
}

function* compileChild(
  value: unknown,
  path: Path,
  depth: number,
  compiler: Compiler
): Generator<void, CompiledGroup | CompiledFilter, void> {
  const child = isRecord(value) ? value : {}
  const { key, type, values } = child
  const isGroup = child !== value || values !== undefined || type === "AND" || type === "OR" || type === "property"
  const compiled = isGroup
    ? yield* compileGroup(value, path, depth, compiler)
    : yield* compileLeaf(child, path, compiler)
  return compiled ?? constant({
    _tag: "Unsupported",
    type: typeof type === "string" ? type : "unknown",
    key: typeof key === "string" ? key : ""
  }, compiler.undecided)
}

function* compileLeaf(
  child: DocumentObject,
  path: Path,
  { owner, reader, scope }: Compiler
): Generator<void, CompiledFilter | undefined, void> {
  const leafReader = new DocumentReader()
  // Membership never depends on properties of groups: such a leaf looks at the person, too.
  const leaf = child["type"] === "group" ? { ...child, type: "person" } : child
  const filter = yield* compileFilter(leaf, path, person, owner, scope, leafReader)
  if (leafReader.problem !== undefined) {
    reader.fail(leafReader.problem.path, leafReader.problem.message)
    return undefined
  }
  return child["negation"] === true ? negate(filter) : filter
}

/** All children of an AND, any child of an OR. One that decides does so wherever it stands. */
const combination =
  (all: boolean, children: ReadonlyArray<CompiledGroup | CompiledFilter>): CompiledGroup["test"] => (state) => {
    let unresolved: Unresolved | undefined = undefined
    for (let i = 0; i < children.length; i++) {
      if (state.isExhausted) return exhausted
      state.steps++
      const verdict: Verdict = children[i]!.test(state)
      if (verdict === !all) return verdict
      if (verdict !== all) unresolved = stronger(unresolved, verdict as Unresolved)
    }
    return unresolved ?? all
  }
