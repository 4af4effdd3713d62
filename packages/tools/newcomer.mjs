// The newcomer's path, walked in an empty folder with the packages as they are published: install, the first program
// against the embedded server, the first test, and the first assertion that fails, with what it says.
//
//   node packages/tools/newcomer.mjs [--keep]
//
// Fails when a step does not end as it should; prints what the newcomer sees and how long each step took.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { tarballs } from "./checks/tarballs.mjs"
import { manifestOf, root, run } from "./checks/workspace.mjs"

const limit = 600_000

const program = `import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { evaluateFlags, Events, PostHog } from "effect-posthog"

const program = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" })
  const checkout = (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
  yield* Events.capture({ event: "checkout started", distinctId: "ada", flags })
  yield* Events.flush
  const server = yield* PostHogServer.PostHogServer
  const events = (yield* server.events).map(({ event }) => event)
  return \`\${checkout} checkout; the server received: \${events.join(", ")}\`
})

const PostHogLive = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }))
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ remoteFlags: { "new-checkout": true } }))
)

console.log(await Effect.runPromise(Effect.provide(program, PostHogLive)))
`

const checkout = `import { Effect } from "effect"
import { evaluateFlags, Events } from "effect-posthog"

export const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" })
  const version = (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
  yield* Events.capture({ event: "checkout started", distinctId: "ada", properties: { version }, flags })
  return version
})
`

const test = (expected) =>
  `import { PostHogTest } from "@effect-posthog/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkout } from "./checkout.ts"

it.effect("starts the new checkout", () =>
  Effect.gen(function*() {
    const test = yield* PostHogTest.PostHogTest
    assert.strictEqual(yield* checkout, "new")
    yield* test.expectExposure({ flag: "new-checkout", value: true })
    yield* test.expectEvent({ event: "checkout started", properties: { version: "${expected}" } })
  }).pipe(Effect.provide(PostHogTest.layer({ flags: { "new-checkout": true } }))))
`

const step = async (title, action) => {
  const since = performance.now()
  const shown = await action()
  console.log(`\n${title} (${((performance.now() - since) / 1000).toFixed(1)} s)`)
  console.log(shown.trim().replace(/^/gm, "  "))
}

const expectRun = async (folder, command, args, expected) => {
  const { code, output } = await run(command, args, { cwd: folder, timeout: limit })
  if (expected.code !== undefined && (code === 0) !== (expected.code === 0)) {
    throw new Error(`${command} ${args.join(" ")} ended with ${code}\n${output}`)
  }
  const missing = (expected.says ?? []).filter((text) => !output.includes(text))
  if (missing.length > 0) throw new Error(`${command} ${args.join(" ")} does not say ${missing.join(", ")}\n${output}`)
  return output
}

const install = async (folder, packed) => {
  const { devDependencies, peerDependencies } = manifestOf("testkit")
  const peers = Object.fromEntries(Object.entries(peerDependencies).filter(([name]) => name !== "effect-posthog"))
  const { devDependencies: tools } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const manifest = {
    private: true,
    type: "module",
    dependencies: {
      ...Object.fromEntries(Object.entries(packed).map(([name, file]) => [manifestOf(name).name, `file:${file}`])),
      ...peers
    },
    devDependencies: { "@effect/vitest": devDependencies["@effect/vitest"], vitest: tools.vitest }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2))
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
  return await expectRun(folder, "npm", args, { code: 0 })
}

/** What vitest prints about the failed assertion, without its drawings. */
const failureOf = (output) => {
  const lines = output.split("\n")
  const start = lines.findIndex((line) => line.includes("ExpectationError"))
  return lines.slice(start, start + 6).join("\n")
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-newcomer-"))
const project = join(folder, "shop")
try {
  const packed = await tarballs(join(folder, "tarballs"))
  mkdirSync(project)
  await step("npm install", () => install(project, packed))
  writeFileSync(join(project, "first.js"), program)
  const served = "new checkout; the server received: $feature_flag_called, checkout started"
  await step("node first.js", () => expectRun(project, "node", ["first.js"], { code: 0, says: [served] }))
  const vitest = [join("node_modules", "vitest", "vitest.mjs"), "run"]
  writeFileSync(join(project, "checkout.ts"), checkout)
  writeFileSync(join(project, "checkout.test.ts"), test("new"))
  await step("vitest run", () => expectRun(project, "node", vitest, { code: 0, says: ["1 passed"] }))
  writeFileSync(join(project, "checkout.test.ts"), test("old"))
  const says = ["ExpectationError", "wanted:", "nearest:", "difference:", `wanted "old", got "new"`]
  await step(
    "vitest run, when the event is not as expected",
    async () => failureOf(await expectRun(project, "node", vitest, { code: 1, says }))
  )
} finally {
  if (process.argv.includes("--keep")) console.log(`kept ${folder}`)
  else rmSync(folder, { force: true, recursive: true })
}
