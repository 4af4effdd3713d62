/** @since 1.0.0 */
import type { CompiledDefinitions } from "../../CompiledDefinitions.ts"
import type { FlagMetadata, FlagRuntime } from "../../FlagMetadata.ts"
import type { Problem } from "../../Problem.ts"
import type { RegexEngine } from "../../RegexEngine.ts"
import { Bucketing } from "../evaluationState.ts"
import { CompiledCohort, CompiledFlag, Reference } from "../plan.ts"
import { findTimeZone } from "../values/timeZone.ts"
import { requiresServer } from "../verdict.ts"
import { compileCohort } from "./compileCohort.ts"
import type { FlagScope } from "./compileFlag.ts"
import { compileFlag, disabled, settledResult } from "./compileFlag.ts"
import type { DocumentObject, Path } from "./documentReader.ts"
import { DocumentReader, isRecord, omittedPart, renderPath, step, tooLargeMessage } from "./documentReader.ts"
import { markReferences } from "./references.ts"
import { Steps } from "./steps.ts"

/** What it takes to come to a flag or a cohort, and to compile one, besides what is in it. */
const workPerEntry = 2

const workPerElement = 10

const cohortsPath = step(undefined, "cohorts")

const malformed = requiresServer("unsupported_definition", "the definition of the flag could not be read")

const tooLarge = requiresServer("unsupported_definition", "a part of the definition of the flag is too large")

/** Cohorts, and group types, of which PostHog allows five, at most. */
const mostCohorts = 20_000

const mostGroupTypes = 1000

/** How to compile. What is not of its type is treated as absent. */
interface CompileSettings {
  readonly regexEngine?: RegexEngine | undefined
  readonly evaluationContexts?: ReadonlyArray<string> | undefined
  readonly timeZone?: unknown
}

interface Result {
  readonly definitions: CompiledDefinitions
  readonly problems: ReadonlyArray<Problem>
}

/** @internal */
export function* compileDocument(
  document: unknown,
  options: CompileSettings | undefined
): Generator<void, Result, void> {
  try {
    if (isRecord(document) && Array.isArray(document["flags"])) {
      const compiler = new DocumentCompiler(document, options)
      yield* compiler.run(document["flags"])
      return { definitions: compiler.definitions(), problems: compiler.problems }
    }
  } catch {
    // Getters and proxies can make any access to a document throw: such a value is not a document.
  }
  const path = isRecord(document) ? "flags" : ""
  const message = isRecord(document) ? "expected an array" : "expected an object"
  const empty = new DocumentCompiler({}, undefined)
  return { definitions: empty.definitions(), problems: [{ code: "InvalidDocument", key: undefined, path, message }] }
}

/** Reads the two references that everything else hangs on first: the keys of the flags, the ids of the cohorts. */
class DocumentCompiler {
  readonly problems: Array<Problem> = []
  private readonly minimalFlagCalledEvents: boolean
  private readonly propertyMatchingVersion: 1 | 2
  private readonly groupTypes: ReadonlyMap<string, string>
  private readonly contexts: ReadonlySet<string>
  private readonly steps = new Steps()
  private readonly flags = new Map<string, CompiledFlag>()
  private readonly cohorts = new Map<string, CompiledCohort>()
  private readonly references: Array<Reference> = []
  private readonly evaluated: Array<CompiledFlag> = []
  private readonly keys: Array<string> = []
  private readonly cohortValues: DocumentObject
  private readonly scope: FlagScope

  constructor(
    document: DocumentObject,
    options: CompileSettings | undefined
  ) {
    this.minimalFlagCalledEvents = document["minimal_flag_called_events"] === true
    this.propertyMatchingVersion = document["property_matching_version"] === 2 ? 2 : 1
    this.groupTypes = this.readGroupTypes(document["group_type_mapping"])
    this.contexts = new Set(options?.evaluationContexts)
    const cohorts = document["cohorts"]
    this.cohortValues = isRecord(cohorts) ? cohorts : {}
    if (cohorts === omittedPart) this.report("MalformedCohort", undefined, cohortsPath, tooLargeMessage)
    const groups = new Map<string, Bucketing>()
    const timeZone = findTimeZone(options?.timeZone)
    if (timeZone === undefined && options?.timeZone !== undefined && options.timeZone !== null) {
      this.problems.push(unusableTimeZone(options.timeZone))
    }
    this.scope = {
      settings: { propertyMatchingVersion: this.propertyMatchingVersion, regexEngine: options?.regexEngine, timeZone },
      flags: this.flags,
      cohorts: this.cohorts,
      steps: this.steps,
      properties: new Map(),
      groupType: (index) => this.groupTypes.get(String(index)),
      person: new Bucketing("person", ""),
      device: new Bucketing("device", ""),
      group: (groupType) => {
        const known = groups.get(groupType)
        if (known !== undefined) return known
        const made = new Bucketing("group", groupType)
        groups.set(groupType, made)
        return made
      }
    }
  }

  *run(definitions: ReadonlyArray<unknown>): Generator<void, void, void> {
    const { steps } = this
    const sources = new Map<CompiledFlag, { readonly definition: DocumentObject; readonly path: Path }>()
    const flagsPath = step(undefined, "flags")
    for (let i = 0; i < definitions.length; i++) {
      const definition = definitions[i]
      const path = step(flagsPath, i)
      const flag = this.registerFlag(definition, path)
      if (flag !== undefined && !flag.dropped) sources.set(flag, { definition: definition as DocumentObject, path })
      if (steps.take(workPerEntry)) yield
    }
    const ids = Object.keys(this.cohortValues)
    if (ids.length > mostCohorts) {
      this.report("MalformedCohort", undefined, cohortsPath, tooLargeMessage)
      ids.length = 0
    }
    for (const id of ids) {
      const undecided = requiresServer("unsupported_definition", `cohort ${id} cannot be decided without the server`)
      this.cohorts.set(id, new CompiledCohort(id, this.reference(), undecided))
      if (steps.take(workPerEntry)) yield
    }
    yield
    for (const cohort of this.cohorts.values()) {
      yield* this.fillCohort(cohort)
      if (steps.take(workPerElement)) yield
    }
    for (const [flag, { definition, path }] of sources) {
      // Of several flags with one key, the last counts.
      if (this.flags.get(flag.metadata.key) === flag) yield* this.fillFlag(flag, definition, path)
      if (steps.take(workPerElement)) yield
    }
    yield
    yield* markReferences(this.references, steps)
    yield
    for (const flag of this.flags.values()) {
      if (!flag.dropped) {
        flag.position = this.evaluated.push(flag) - 1
        this.keys.push(flag.metadata.key)
      }
      if (steps.take(1)) yield
    }
  }

  definitions(): CompiledDefinitions {
    const { evaluated, flags } = this
    const keys = Object.freeze(this.keys)
    return Object.freeze({
      plan: { flags, evaluated, keys, hashedAhead: undefined },
      size: keys.length,
      keys,
      minimalFlagCalledEvents: this.minimalFlagCalledEvents,
      propertyMatchingVersion: this.propertyMatchingVersion,
      groupTypeMapping: this.groupTypes,
      metadata: (key: string) => {
        const flag = flags.get(key)
        return flag === undefined || flag.dropped ? undefined : flag.metadata
      },
      isDroppedByContext: (key: string) => flags.get(key)?.dropped === true
    })
  }

  private readGroupTypes(mapping: unknown): ReadonlyMap<string, string> {
    const types = new Map<string, string>()
    const indexes = isRecord(mapping) ? Object.keys(mapping) : []
    if (mapping === omittedPart || indexes.length > mostGroupTypes) {
      this.report("MalformedGroupTypes", undefined, step(undefined, "group_type_mapping"), tooLargeMessage)
      return types
    }
    for (const index of indexes) {
      const name = (mapping as DocumentObject)[index]
      if (typeof name === "string") types.set(index, name)
    }
    return types
  }

  private reference(): Reference {
    const reference = new Reference(this.references.length)
    this.references.push(reference)
    return reference
  }

  private report(code: Problem["code"], key: string | undefined, path: Path, message: string): void {
    this.problems.push({ code, key, path: renderPath(path), message })
  }

  private registerFlag(definition: unknown, path: Path): CompiledFlag | undefined {
    try {
      const reader = new DocumentReader()
      const key = reader.text(reader.object(definition, path)["key"], step(path, "key"))
      if (reader.problem !== undefined) {
        this.report("MalformedFlag", undefined, reader.problem.path, reader.problem.message)
        return undefined
      }
      const flag = definition as DocumentObject
      const dropped = this.isDropped(flag)
      const compiled = new CompiledFlag(
        readMetadata(flag, key),
        this.reference(),
        dropped,
        dropped ? disabled : malformed
      )
      this.flags.set(key, compiled)
      return compiled
    } catch {
      this.report("MalformedFlag", undefined, path, "cannot be read")
      return undefined
    }
  }

  private isDropped(definition: DocumentObject): boolean {
    const contexts = definition["evaluation_contexts"] ?? definition["evaluation_tags"]
    return this.contexts.size > 0 && Array.isArray(contexts) && contexts.length > 0 &&
      !contexts.some((context) => this.contexts.has(context))
  }

  private *fillFlag(flag: CompiledFlag, definition: DocumentObject, path: Path): Generator<void, void, void> {
    const { key } = flag.metadata
    try {
      const reader = new DocumentReader()
      const body = yield* compileFlag(definition, path, flag, this.scope, reader)
      if (reader.problem === undefined) {
        flag.body = body
        flag.settled = body._tag === "Plan" ? settledResult(body) : body
      } else {
        if (reader.problem.message === tooLargeMessage) flag.body = flag.settled = tooLarge
        this.report("MalformedFlag", key, reader.problem.path, reader.problem.message)
      }
    } catch {
      this.report("MalformedFlag", key, path, "cannot be read")
    }
  }

  private *fillCohort(cohort: CompiledCohort): Generator<void, void, void> {
    const path = step(cohortsPath, cohort.id)
    try {
      const reader = new DocumentReader()
      const value = this.cohortValues[cohort.id]
      const { reference, undecided } = cohort
      cohort.body = (yield* compileCohort(value, path, reference, this.scope, undecided, reader)) ?? undecided
      if (reader.problem !== undefined) {
        this.report("MalformedCohort", undefined, reader.problem.path, reader.problem.message)
      }
    } catch {
      this.report("MalformedCohort", undefined, path, "cannot be read")
    }
  }
}

const longestName = 60

const unusableTimeZone = (name: unknown): Problem => ({
  code: "UnusableTimeZone",
  key: undefined,
  path: "timeZone",
  message: typeof name === "string"
    ? `${quote(name)} is not the name of a time zone that this platform knows`
    : "expected the name of a time zone, such as \"Europe/Berlin\""
})

/** A name as a line of a log can show it. */
const quote = (name: string): string =>
  JSON.stringify(name.length > longestName ? `${name.slice(0, longestName)}...` : name)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const runtimes: ReadonlySet<unknown> = new Set(["client", "server"])

const readMetadata = (definition: DocumentObject, key: string): FlagMetadata => {
  const { id, has_experiment: experiment, version, evaluation_runtime: runtime } = definition
  return Object.freeze({
    key,
    id: typeof id === "number" ? id : undefined,
    version: typeof version === "number" ? version : undefined,
    hasExperiment: typeof experiment === "boolean" ? experiment : undefined,
    active: definition["active"] === true && definition["deleted"] !== true,
    runtime: runtimes.has(runtime) ? runtime as FlagRuntime : "all"
  })
}
