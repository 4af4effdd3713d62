import type { EvaluationContext, Logger } from "@openfeature/core"
import { FlagdCore } from "@openfeature/flagd-core"
import type { Comparison, MixedFlag } from "../flags/mix.ts"
import type { OpenPeer } from "./Peer.ts"

const ignore = () => {}
const silent: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore }

/** `@openfeature/flagd-core`, the in-process evaluation of flagd. */
export const openFlagd: OpenPeer = (flags, users) => {
  const core = new FlagdCore(undefined, silent)
  core.setConfigurations(
    JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, configuration(flag)])) })
  )
  const contexts = users.map(({ attributes, id }): EvaluationContext => ({ targetingKey: id, ...attributes }))
  return Promise.resolve({
    name: "flagd-core",
    evaluate: (user) => {
      const context = contexts[user]
      const values = new Map<string, boolean | string>()
      for (const { key, kind } of flags) {
        const { value } = kind === "variants"
          ? core.resolveStringEvaluation(key, "", context, silent)
          : core.resolveBooleanEvaluation(key, false, context, silent)
        values.set(key, value)
      }
      return values
    },
    values: (evaluated) => evaluated as ReadonlyMap<string, boolean | string>,
    close: ignore
  })
}

const configuration = (flag: MixedFlag) => {
  switch (flag.kind) {
    case "percentage":
      if (flag.percentage === 100) return { ...onOff, defaultVariant: "on" }
      return {
        ...onOff,
        targeting: { fractional: [["on", flag.percentage], ["off", 100 - flag.percentage]] }
      }
    case "variants":
      return {
        state: "ENABLED",
        variants: Object.fromEntries(flag.variants.map(({ key }) => [key, key])),
        defaultVariant: flag.variants[0]?.key,
        targeting: { fractional: flag.variants.map(({ key, percentage }) => [key, percentage]) }
      }
    case "rules":
      return { ...onOff, targeting: { if: [{ and: flag.all.map(condition) }, "on", "off"] } }
  }
}

const onOff = { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off" }

const condition = (comparison: Comparison) => {
  const attribute = { var: [comparison.attribute] }
  switch (comparison.operator) {
    case "in":
      return { in: [attribute, comparison.values] }
    case "notIn":
      return { "!": [{ in: [attribute, comparison.values] }] }
    case "contains":
      return { in: [comparison.value, attribute] }
    case "startsWith":
      return { starts_with: [attribute, comparison.value] }
    case "endsWith":
      return { ends_with: [attribute, comparison.value] }
    case "greaterThan":
      return { ">": [attribute, comparison.value] }
    case "semverGreaterThan":
      return { sem_ver: [attribute, ">", comparison.value] }
  }
}
