// Both editions of the library, side by side: the same program, compiled once beside Effect 3 and once beside Effect 4,
// in processes that take turns.
//
//   npx pnpm bench:editions [--quick]    the full run writes results/editions.json
import { build } from "esbuild"
import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { bundle, output } from "./bundle.ts"
import type { Work } from "./editions/Work.ts"
import { mixedFlags } from "./flags/mix.ts"
import { definitionsDocument, flagsResponse } from "./flags/posthog.ts"
import { machine } from "./measuring/machine.ts"
import { median, spread } from "./measuring/statistics.ts"
import { aligned, machineLine, shown } from "./report/table.ts"

const { values } = parseArgs({ options: { quick: { type: "boolean" } } })
const turns = values.quick === true ? 2 : 5
const rounds = values.quick === true ? 1 : 3
const scale = values.quick === true ? 0.1 : 1

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const four = folder("../../effect-posthog-4/")

/** Effect is found beside the output, and not in it. */
const editions = [
  { name: "Effect 3", outfile: join(output, "edition.js"), alias: {} },
  {
    name: "Effect 4",
    outfile: join(four, "build/programs/edition.js"),
    alias: {
      "effect-posthog": join(four, "src/index.ts"),
      "@effect/platform/FetchHttpClient": "effect/http/FetchHttpClient"
    }
  }
]

type Edition = (typeof editions)[number]

const compile = ({ alias, outfile }: Edition) =>
  build({
    entryPoints: [folder("./editions/process.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["effect", "effect/*", "@effect/*"],
    alias,
    logLevel: "warning"
  })

const run = async ({ outfile }: Edition, local: string, remote: string): Promise<Work> => {
  const child = fork(outfile, [local, remote, String(rounds), String(scale)], { execArgv: [] })
  const exited = once(child, "exit")
  const [work] = await Promise.race([once(child, "message"), exited.then(([code]) => [code])]) as [Work | number]
  if (typeof work === "number") throw new Error(`a process ended with ${work} and without an outcome`)
  await exited
  return work
}

/** Of an application with the client for HTTP: bytes, minified and gzipped, with what it uses of effect. */
const size = async ({ alias, outfile }: Edition): Promise<number> => {
  const directory = outfile.startsWith(four) ? four : folder("..")
  const { outputFiles } = await build({
    stdin: {
      contents: [
        "import * as FetchHttpClient from \"@effect/platform/FetchHttpClient\"",
        "import { evaluateFlags, PostHog } from \"effect-posthog\"",
        "console.log(evaluateFlags, PostHog.layer, FetchHttpClient.layer)"
      ].join("\n"),
      resolveDir: directory
    },
    // Aliases are looked for from here.
    absWorkingDir: directory,
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["node:*"],
    alias,
    logLevel: "error"
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length / 1024
}

const serve = async (flags: ReturnType<typeof mixedFlags>) => {
  const child = fork(join(output, "loopback.js"), { execArgv: [] })
  child.send({ definitions: definitionsDocument(flags), flags: flagsResponse(flags) })
  const [{ port }] = await once(child, "message") as [{ readonly port: number }]
  return { url: `http://127.0.0.1:${port}`, close: () => child.disconnect() }
}

const before = machine()
await bundle()
for (const edition of editions) await compile(edition)
const server = await serve(mixedFlags(100))
const measured = editions.map((edition): { edition: Edition; works: Array<Work> } => ({ edition, works: [] }))
for (let turn = 0; turn < turns; turn++) {
  for (const { edition, works } of turn % 2 === 0 ? measured : [...measured].reverse()) {
    works.push(await run(edition, server.url, server.url))
  }
}
server.close()

const [three, other] = measured
const names = Object.keys(three?.works[0] ?? {})
const valuesOf = (side: (typeof measured)[number] | undefined, row: string) =>
  (side?.works ?? []).map((work) => work[row] ?? Number.NaN)
const rows = names.map((row) => ({
  row,
  effect3: median(valuesOf(three, row)),
  effect4: median(valuesOf(other, row)),
  spread3: spread(valuesOf(three, row)),
  spread4: spread(valuesOf(other, row))
}))
const sizes = await Promise.all(editions.map(size))
rows.push({
  row: "an application with its client for HTTP, minified and gzipped (KB)",
  effect3: sizes[0] ?? Number.NaN,
  effect4: sizes[1] ?? Number.NaN,
  spread3: 0,
  spread4: 0
})

const table = aligned([
  ["work", "Effect 3", "Effect 4", "times better"],
  ["---", "--:", "--:", "--:"],
  ...rows.map(({ effect3, effect4, row }) => [row, shown(effect3), shown(effect4), shown(effect3 / effect4)])
])
console.log(`${turns} processes of each, in turns; ${machineLine(before)}\n\n${table}`)

if (values.quick !== true) {
  const report = { date: new Date().toISOString().slice(0, 10), machine: before, turns, rows }
  writeFileSync(folder("../results/editions.json"), `${JSON.stringify(report, undefined, 2)}\n`)
  const guide = folder("../../docs/effect-4.md")
  const [start, end] = ["<!-- bench:start -->", "<!-- bench:end -->"]
  const text = readFileSync(guide, "utf8")
  writeFileSync(
    guide,
    `${text.slice(0, text.indexOf(start) + start.length)}\n\n${table}\n\n${text.slice(text.indexOf(end))}`
  )
}
