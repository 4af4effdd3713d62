import { build } from "esbuild"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import type { Row } from "../measuring/Row.ts"
import type { Scenario } from "./Scenario.ts"

/** What a package adds to a bundle for Node: minified and compressed. */
export const sizes: Scenario = async () => {
  const posthogNode = await size("posthog-node")
  const others = {
    "flagd-core": await size("@openfeature/flagd-core"),
    GrowthBook: await size("@growthbook/growthbook"),
    Unleash: await size("unleash-client"),
    LaunchDarkly: await size("@launchdarkly/node-server-sdk")
  }
  const row = (name: string, ours: number, note?: string): Row => ({
    row: name,
    unit: "KB",
    ours,
    anchor: posthogNode,
    anchorName: "posthog-node",
    ratio: posthogNode / ours,
    others,
    note
  })
  return {
    rows: [
      row("size of the evaluator", await size("@effect-posthog/evaluator")),
      row("size of effect-posthog", await size("effect-posthog", ["effect", "@effect/platform"]), "beside effect"),
      row("size of effect-posthog with what it uses of effect", await size("effect-posthog"))
    ]
  }
}

const size = async (name: string, external: ReadonlyArray<string> = []): Promise<number> => {
  const { outputFiles } = await build({
    // Used, so that nothing of it can be left out.
    stdin: {
      contents: `import * as all from ${JSON.stringify(name)}\nconsole.log(all)`,
      resolveDir: fileURLToPath(new URL("../..", import.meta.url))
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    external: external.flatMap((dependency) => [dependency, `${dependency}/*`]),
    logLevel: "error"
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length / 1000
}
