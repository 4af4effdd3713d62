// Generated from packages/effect-posthog/src/internal/definitions/compile.ts by packages/tools/editions.mjs: change that file, not this one.
import { compileSteps, isInvalidDocument, requirements } from "@effect-posthog/evaluator"
import type { CompiledDefinitions, CompileOptions, Problem } from "@effect-posthog/evaluator"
import * as Result from "effect/Result"
import type { DefinitionsChange, DefinitionsError } from "../../Definitions.ts"
import { fingerprint } from "./fingerprint.ts"
import { refusal, refusalOf } from "./refusal.ts"

/** Flags that are compared in one step: about a millisecond of work. */
const comparedPerStep = 2000

const byCodeUnit = (left: string, right: string): number => left < right ? -1 : left > right ? 1 : 0

/** Sorts by code unit in steps: runs at first, which are merged in pairs. */
function* sorted(keys: ReadonlyArray<string>): Generator<void, ReadonlyArray<string>> {
  let runs: Array<ReadonlyArray<string>> = []
  for (let from = 0; from < keys.length; from += comparedPerStep) {
    runs.push(keys.slice(from, from + comparedPerStep).sort(byCodeUnit))
    yield
  }
  while (runs.length > 1) {
    const merged: Array<ReadonlyArray<string>> = []
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(yield* merge(runs[index] ?? [], runs[index + 1] ?? []))
    }
    runs = merged
  }
  return runs[0] ?? []
}

function* merge(left: ReadonlyArray<string>, right: ReadonlyArray<string>): Generator<void, ReadonlyArray<string>> {
  const merged: Array<string> = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const first = left[i]
    const second = right[j]
    if (second === undefined || (first !== undefined && first <= second)) {
      merged.push(first ?? "")
      i++
    } else {
      merged.push(second)
      j++
    }
    if (merged.length % comparedPerStep === 0) yield
  }
  return merged
}

/** The keys that differ between two sets of flags, each given as key and fingerprint. */
function* difference(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>
): Generator<void, DefinitionsChange> {
  const added: Array<string> = []
  const removed: Array<string> = []
  const changed: Array<string> = []
  let count = 0
  for (const [key, print] of after) {
    const previous = before.get(key)
    if (previous === undefined) added.push(key)
    else if (previous !== print) changed.push(key)
    if (++count % comparedPerStep === 0) yield
  }
  for (const key of before.keys()) {
    if (!after.has(key)) removed.push(key)
    if (++count % comparedPerStep === 0) yield
  }
  return { added: yield* sorted(added), removed: yield* sorted(removed), changed: yield* sorted(changed) }
}

/** Flags and names of properties that are looked at in one step: about a millisecond of work. */
const inspectedPerStep = 250

/** What it costs to come to a flag, in flags and names of properties that one leads to. */
const overhead = 4

/**
 * Definitions in the form in which they are evaluated and compared.
 *
 * @internal
 */
export interface Installed {
  readonly definitions: CompiledDefinitions
  readonly document: number
  readonly flags: ReadonlyMap<string, number>
  /** Why flags are left to the server, for those that are. */
  readonly neverLocal: ReadonlyMap<string, ReadonlyArray<string>>
  readonly problems: ReadonlyArray<Problem>
}

/** @internal */
export interface Installation {
  readonly installed: Installed
  readonly change: DefinitionsChange
}

const nothing: DefinitionsChange = { added: [], removed: [], changed: [] }

function* neverLocalOf(
  definitions: CompiledDefinitions
): Generator<void, ReadonlyMap<string, ReadonlyArray<string>>> {
  const found = new Map<string, ReadonlyArray<string>>()
  let work = 0
  for (const key of definitions.keys) {
    const needs = requirements(definitions, [key]).get(key)
    if (needs === undefined) continue
    if (needs.never.length > 0) found.set(key, needs.never)
    // A flag may lead to all the others.
    work += overhead + needs.flags.length + needs.personProperties.length
    // What cannot be decided may be a web of cohorts that takes milliseconds to go through.
    if (work >= inspectedPerStep || needs.never.length > 0) {
      work = 0
      yield
    }
  }
  return found
}

/**
 * Compiles a document and says what it changes, in steps. A document that says what the installed one does is not
 * compiled again.
 *
 * @internal
 */
export function* install(
  document: unknown,
  previous: Installed | undefined,
  options: CompileOptions
): Generator<void, Result.Result<Installation, DefinitionsError>> {
  const refused = refusalOf(document)
  if (refused !== undefined) return Result.fail(refused)

  const print = yield* fingerprint(document)
  if (previous !== undefined && previous.document === print.document) {
    return Result.succeed({ installed: previous, change: nothing })
  }
  const compilation = yield* compileSteps(document, options)
  if (isInvalidDocument(compilation)) {
    const problem = compilation.problems.map(({ message, path }) => `${path}: ${message}`).join("; ")
    return Result.fail(refusal(problem))
  }
  const { definitions, problems } = compilation
  const { flags } = print
  if (flags.size !== definitions.size) {
    for (const key of flags.keys()) if (definitions.metadata(key) === undefined) flags.delete(key)
  }
  const neverLocal = yield* neverLocalOf(definitions)
  const change = yield* difference(previous?.flags ?? new Map(), flags)
  return Result.succeed({ installed: { definitions, document: print.document, flags, neverLocal, problems }, change })
}
