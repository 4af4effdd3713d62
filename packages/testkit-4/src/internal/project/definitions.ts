// Generated from packages/testkit/src/internal/project/definitions.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { createHash } from "node:crypto"
import { arrayOrEmpty, type JsonObject, objectOrEmpty } from "../json.ts"
import { type Evaluation, make as makeEvaluation } from "./evaluation.ts"
import { type Runtime, runtimeOf } from "./runtime.ts"
import { servedDocument } from "./servedDocument.ts"

/**
 * A definitions document as it is served, with what else the server must know of each flag.
 *
 * @internal
 */
export interface Definitions {
  readonly document: unknown
  readonly text: string
  /** Without the flags that PostHog's definitions endpoint leaves out. */
  readonly servedText: string
  /** Weak, from the text: the same document has the same tag in every server. */
  readonly etag: string
  /** In the order of the document; of flags with the same key the last. */
  readonly byKey: ReadonlyMap<string, DefinedFlag>
  readonly minimalFlagCalledEvents: boolean
  readonly evaluation: Evaluation
}

/** @internal */
export interface DefinedFlag {
  readonly key: string
  readonly id: number
  readonly version: number
  readonly active: boolean
  readonly hasExperiment: boolean | undefined
  /** The kind of SDK that gets the flag. */
  readonly runtime: Runtime
  readonly payloads: JsonObject
}

const integerOr = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isInteger(value) ? value : otherwise

const definedFlag = (flag: JsonObject, index: number): DefinedFlag => ({
  key: String(flag["key"]),
  id: integerOr(flag["id"], index + 1),
  version: integerOr(flag["version"], 1),
  active: flag["active"] === true && flag["deleted"] !== true,
  hasExperiment: typeof flag["has_experiment"] === "boolean" ? flag["has_experiment"] : undefined,
  runtime: runtimeOf(flag["evaluation_runtime"]),
  payloads: objectOrEmpty(objectOrEmpty(flag["filters"])["payloads"])
})

/** @internal */
export const emptyDocument = { flags: [], group_type_mapping: {}, cohorts: {} }

/** @internal */
export const make = (document: unknown): Definitions => {
  const text = JSON.stringify(document) ?? "null"
  const content = objectOrEmpty(document)
  const flags = arrayOrEmpty(content["flags"])
    .filter(isRecord)
    .filter((flag) => typeof flag["key"] === "string")
    .map(definedFlag)
  const served = servedDocument(document)
  return {
    document,
    text,
    servedText: served === document ? text : JSON.stringify(served),
    etag: `W/"${createHash("sha1").update(text).digest("hex")}"`,
    byKey: new Map(flags.map((flag) => [flag.key, flag])),
    minimalFlagCalledEvents: content["minimal_flag_called_events"] === true,
    evaluation: makeEvaluation(document)
  }
}
