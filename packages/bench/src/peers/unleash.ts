import { once } from "node:events"
import { InMemStorageProvider, Unleash } from "unleash-client"
import type { UnleashConfig } from "unleash-client"
import type { Comparison, MixedFlag } from "../flags/mix.ts"
import type { OpenPeer } from "./Peer.ts"

/** Unleash, with its features from a bootstrap; it is not connected to anything and counts nothing. */
export const openUnleash: OpenPeer = async (flags, users) => {
  const client = new Unleash({
    appName: "bench",
    // Nothing listens there, and nothing is asked: fetching is off.
    url: "http://127.0.0.1:9/api/",
    refreshInterval: 0,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    storageProvider: new InMemStorageProvider(),
    bootstrap: { data: flags.map(feature) },
    disableAutoStart: true
  })
  client.on("error", () => {})
  client.on("warn", () => {})
  const isReady = once(client, "ready")
  await client.start()
  await isReady
  const contexts = users.map(({ attributes, id }) => ({
    userId: id,
    properties: { ...attributes, seats: String(attributes.seats) }
  }))
  return {
    name: "Unleash",
    evaluate: (user) => {
      const context = contexts[user]
      const values = new Map<string, boolean | string>()
      for (const { key, kind } of flags) {
        values.set(key, kind === "variants" ? client.getVariant(key, context).name : client.isEnabled(key, context))
      }
      return values
    },
    values: (evaluated) => evaluated as ReadonlyMap<string, boolean | string>,
    close: () => client.destroy()
  }
}

type Feature = NonNullable<NonNullable<UnleashConfig["bootstrap"]>["data"]>[number]
type Strategy = NonNullable<Feature["strategies"]>[number]
type Constraint = Strategy["constraints"][number]

const feature = (flag: MixedFlag): Feature => ({ name: flag.key, enabled: true, strategies: [strategy(flag)] })

const strategy = (flag: MixedFlag): Strategy => {
  const rollout = (percentage: number) => ({
    name: "flexibleRollout",
    parameters: { rollout: String(percentage), stickiness: "userId", groupId: flag.key },
    constraints: []
  })
  switch (flag.kind) {
    case "percentage":
      return flag.percentage === 100 ? { name: "default", parameters: {}, constraints: [] } : rollout(flag.percentage)
    case "variants":
      return {
        ...rollout(100),
        variants: flag.variants.map(({ key, percentage }) => ({
          name: key,
          weight: percentage * 10,
          stickiness: "userId"
        }))
      }
    case "rules":
      return { name: "default", parameters: {}, constraints: flag.all.map(constraint) }
  }
}

const constraint = (comparison: Comparison): Constraint => ({
  contextName: comparison.attribute,
  operator: operators[comparison.operator] as Constraint["operator"],
  inverted: false,
  ...("values" in comparison
    ? { values: [...comparison.values] }
    : { values: [String(comparison.value)], value: String(comparison.value) })
})

const operators = {
  in: "IN",
  notIn: "NOT_IN",
  contains: "STR_CONTAINS",
  startsWith: "STR_STARTS_WITH",
  endsWith: "STR_ENDS_WITH",
  greaterThan: "NUM_GT",
  semverGreaterThan: "SEMVER_GT"
} as const
