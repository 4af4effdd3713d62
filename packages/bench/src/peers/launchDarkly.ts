import { init } from "@launchdarkly/node-server-sdk"
import type { LDContext, LDFlagsState } from "@launchdarkly/node-server-sdk"
import { TestData } from "@launchdarkly/node-server-sdk/integrations"
import type { Comparison, MixedFlag } from "../flags/mix.ts"
import type { OpenPeer } from "./Peer.ts"

const ignore = () => {}

/** LaunchDarkly with its `TestData` source: no connection and no events. */
export const openLaunchDarkly: OpenPeer = async (flags, users) => {
  const data = new TestData()
  for (const flag of flags) await data.usePreconfiguredFlag(configuration(flag))
  const client = init("sdk-key", {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: { error: ignore, warn: ignore, info: ignore, debug: ignore }
  })
  await client.waitForInitialization({ timeout: 5 })
  const contexts = users.map(({ attributes, id }): LDContext => ({ kind: "user", key: id, ...attributes }))
  return {
    name: "LaunchDarkly",
    evaluate: (user) => client.allFlagsState(contexts[user] ?? { kind: "user", key: "none" }),
    values: (evaluated) => new Map(Object.entries((evaluated as LDFlagsState).allValues())),
    close: () => client.close()
  }
}

const configuration = (flag: MixedFlag) => ({
  key: flag.key,
  version: 1,
  on: true,
  salt: flag.key,
  offVariation: 1,
  ...decision(flag)
})

const decision = (flag: MixedFlag) => {
  switch (flag.kind) {
    case "percentage":
      if (flag.percentage === 100) return { variations: [true, false], rules: [], fallthrough: { variation: 0 } }
      return { variations: [true, false], rules: [], fallthrough: rollout([flag.percentage, 100 - flag.percentage]) }
    case "variants":
      return {
        variations: flag.variants.map(({ key }) => key),
        rules: [],
        fallthrough: rollout(flag.variants.map(({ percentage }) => percentage))
      }
    case "rules":
      return {
        variations: [true, false],
        rules: [{ id: "rule", variation: 0, clauses: flag.all.map(clause) }],
        fallthrough: { variation: 1 }
      }
  }
}

const rollout = (percentages: ReadonlyArray<number>) => ({
  rollout: {
    contextKind: "user",
    variations: percentages.map((percentage, variation) => ({ variation, weight: percentage * 1000 }))
  }
})

const clause = (comparison: Comparison) => ({
  contextKind: "user",
  attribute: comparison.attribute,
  op: operators[comparison.operator],
  values: "values" in comparison ? [...comparison.values] : [comparison.value],
  negate: comparison.operator === "notIn"
})

const operators = {
  in: "in",
  notIn: "in",
  contains: "contains",
  startsWith: "startsWith",
  endsWith: "endsWith",
  greaterThan: "greaterThan",
  semverGreaterThan: "semVerGreaterThan"
} as const
