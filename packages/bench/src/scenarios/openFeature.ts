import { fromOptions } from "@effect-posthog/openfeature"
import { TestData } from "@launchdarkly/node-server-sdk/integrations"
import { LaunchDarklyProvider } from "@launchdarkly/openfeature-node-server"
import { FlagdProvider } from "@openfeature/flagd-provider"
import { GrowthbookProvider } from "@openfeature/growthbook-provider"
import { OpenFeature } from "@openfeature/server-sdk"
import type { Provider } from "@openfeature/server-sdk"
import * as Redacted from "effect/Redacted"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { users } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import { compare } from "../measuring/compare.ts"
import { interleaved } from "../measuring/interleaved.ts"
import type { Scenario } from "./Scenario.ts"

const key = "flag"

const ignore = () => {}
const silent = { error: ignore, warn: ignore, info: ignore, debug: ignore }

const launchDarkly = async (): Promise<Provider> => {
  const data = new TestData()
  await data.update(data.flag(key).booleanFlag().variationForAll(true))
  return new LaunchDarklyProvider("sdk-key", {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: silent
  })
}

const growthBook = (): Provider =>
  new GrowthbookProvider(
    {},
    {
      payload: {
        features: { [key]: { defaultValue: false, rules: [{ force: true, coverage: 0.5, hashAttribute: "id" }] } }
      }
    }
  )

const flagd = (folder: string): Provider => {
  const file = join(folder, "flags.json")
  const targeting = { fractional: [["on", 50], ["off", 50]] }
  const flag = { state: "ENABLED", variants: { on: true, off: false }, defaultVariant: "off", targeting }
  writeFileSync(file, JSON.stringify({ flags: { [key]: flag } }))
  return new FlagdProvider({ resolverType: "in-process", offlineFlagSourcePath: file })
}

/** A boolean through the SDK of OpenFeature, decided in memory by the provider of each vendor; no events. */
export const openFeature: Scenario = async ({ effort }) => {
  const folder = mkdtempSync(join(tmpdir(), "openfeature-"))
  const loopback = await openLoopback({
    definitions: definitionsDocument([{ kind: "percentage", key, percentage: 50 }]),
    flags: {}
  })
  const contexts = users(512).map(({ attributes, id }) => ({ targetingKey: id, id, key: id, ...attributes }))
  OpenFeature.setLogger(silent)
  const providers: Readonly<Record<string, Provider>> = {
    "effect-posthog": fromOptions({
      apiKey: Redacted.make("phc_bench"),
      secretKey: Redacted.make("phs_bench"),
      host: loopback.url,
      definitions: { pollInterval: "1 hour" },
      sendFeatureFlagEvents: false
    }),
    flagd: flagd(folder),
    GrowthBook: growthBook(),
    LaunchDarkly: await launchDarkly()
  }
  for (const [name, provider] of Object.entries(providers)) await OpenFeature.setProviderAndWait(name, provider)
  const measurements = await interleaved(
    Object.keys(providers).map((name) => {
      const client = OpenFeature.getClient(name)
      return {
        name,
        run: async (count: number) => {
          for (let index = 0; index < count; index++) {
            const details = await client.getBooleanDetails(key, false, contexts[index % contexts.length])
            if (details.errorCode !== undefined) {
              throw new Error(`${name}: ${details.errorCode} ${details.errorMessage}`)
            }
          }
        }
      }
    }),
    effort
  )
  await OpenFeature.close()
  loopback.close()
  rmSync(folder, { recursive: true })
  const [fastest] = measurements.filter(({ name }) => name !== "effect-posthog").sort((a, b) => a.nanos - b.nanos)
  return {
    rows: [
      compare(measurements, {
        row: "a boolean through OpenFeature, against the fastest other provider",
        ours: "effect-posthog",
        anchor: fastest?.name ?? ""
      })
    ]
  }
}
