import { assert, describe, it } from "@effect/vitest"
import { isMatched } from "../src/flags/decided.ts"
import { mixedFlags, users } from "../src/flags/mix.ts"
import { definitionsDocument } from "../src/flags/posthog.ts"
import { serve } from "../src/loopback/server.ts"
import { openEvaluator } from "../src/peers/evaluator.ts"
import { openFlagd } from "../src/peers/flagd.ts"
import { openGrowthBook } from "../src/peers/growthbook.ts"
import { openLaunchDarkly } from "../src/peers/launchDarkly.ts"
import type { Peer } from "../src/peers/Peer.ts"
import { openPostHogNode } from "../src/peers/posthogNode.ts"
import { openUnleash } from "../src/peers/unleash.ts"

const flags = mixedFlags(100)
const people = users(200)

const valuesOf = async (peer: Peer): Promise<ReadonlyArray<ReadonlyMap<string, boolean | string>>> => {
  const all: Array<ReadonlyMap<string, boolean | string>> = []
  for (const user of people.keys()) all.push(peer.values(await peer.evaluate(user)))
  await peer.close()
  return all
}

const open = {
  evaluator: () => openEvaluator(flags, people),
  flagd: () => openFlagd(flags, people),
  GrowthBook: () => openGrowthBook(flags, people),
  Unleash: () => openUnleash(flags, people),
  LaunchDarkly: () => openLaunchDarkly(flags, people)
}

describe("the libraries that are compared", () => {
  it("agree exactly where they share a hash: posthog-node and ours", async () => {
    const server = await serve({ definitions: definitionsDocument(flags), flags: {} })
    const theirs = await valuesOf(await openPostHogNode(`http://127.0.0.1:${server.port}`, people))
    server.close()
    assert.deepStrictEqual(await valuesOf(await open.evaluator()), theirs)
  })

  for (const [name, peer] of Object.entries(open)) {
    it(`${name} decides rules as they are meant, and rollouts and variants in their shares`, async () => {
      const all = await valuesOf(await peer())
      let on = 0
      let expected = 0
      const perVariant = new Map<string, number>()
      for (const [user, values] of all.entries()) {
        for (const flag of flags) {
          const value = values.get(flag.key)
          if (flag.kind === "rules") assert.strictEqual(value, isMatched(flag, people[user]!), flag.key)
          if (flag.kind === "percentage") {
            on += value === true ? 1 : 0
            expected += flag.percentage / 100
          }
          if (flag.kind === "variants") {
            assert.include(flag.variants.map(({ key }) => key), value)
            perVariant.set(String(value), (perVariant.get(String(value)) ?? 0) + 1)
          }
        }
      }
      assert.closeTo(on / expected, 1, 0.03)
      for (const key of ["control", "compact", "spacious"]) {
        const share = flags.flatMap((flag) => flag.kind === "variants" ? flag.variants : [])
          .filter((variant) => variant.key === key)
          .reduce((sum, { percentage }) => sum + percentage / 100, 0)
        assert.closeTo((perVariant.get(key) ?? 0) / (share * people.length), 1, 0.1)
      }
    })
  }
})
