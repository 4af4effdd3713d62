import { GrowthBookClient } from "@growthbook/growthbook"
import type { FeatureDefinition, UserContext } from "@growthbook/growthbook"
import type { Comparison, MixedFlag } from "../flags/mix.ts"
import type { OpenPeer } from "./Peer.ts"

/** GrowthBook, the client for servers, with its features given at the start. */
export const openGrowthBook: OpenPeer = (flags, users) => {
  const client = new GrowthBookClient().initSync({
    payload: { features: Object.fromEntries(flags.map((flag) => [flag.key, feature(flag)])) }
  })
  const contexts = users.map(({ attributes, id }): UserContext => ({ attributes: { id, ...attributes } }))
  return Promise.resolve({
    name: "GrowthBook",
    evaluate: (user) => {
      const context = contexts[user] ?? {}
      const values = new Map<string, boolean | string>()
      for (const { key, kind } of flags) {
        values.set(key, kind === "variants" ? client.getFeatureValue(key, "", context) : client.isOn(key, context))
      }
      return values
    },
    values: (evaluated) => evaluated as ReadonlyMap<string, boolean | string>,
    close: () => client.destroy()
  })
}

const feature = (flag: MixedFlag): FeatureDefinition => {
  switch (flag.kind) {
    case "percentage":
      if (flag.percentage === 100) return { defaultValue: true }
      return { defaultValue: false, rules: [{ force: true, coverage: flag.percentage / 100, hashAttribute: "id" }] }
    case "variants":
      return {
        defaultValue: "",
        rules: [{
          key: flag.key,
          variations: flag.variants.map(({ key }) => key),
          weights: flag.variants.map(({ percentage }) => percentage / 100),
          coverage: 1,
          hashAttribute: "id",
          hashVersion: 2
        }]
      }
    case "rules":
      return { defaultValue: false, rules: [{ condition: { $and: flag.all.map(condition) }, force: true }] }
  }
}

const condition = (comparison: Comparison) => ({ [comparison.attribute]: operator(comparison) })

const operator = (comparison: Comparison) => {
  switch (comparison.operator) {
    case "in":
      return { $in: [...comparison.values] }
    case "notIn":
      return { $nin: [...comparison.values] }
    case "contains":
      return { $regex: literally(comparison.value) }
    case "startsWith":
      return { $regex: `^${literally(comparison.value)}` }
    case "endsWith":
      return { $regex: `${literally(comparison.value)}$` }
    case "greaterThan":
      return { $gt: comparison.value }
    case "semverGreaterThan":
      return { $vgt: comparison.value }
  }
}

const literally = (text: string): string => text.replaceAll(".", "\\.")
