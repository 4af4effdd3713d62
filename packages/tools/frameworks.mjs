// The programs for web frameworks, `packages/examples/frameworks`, against the real frameworks.
//
//   node packages/tools/frameworks.mjs            all of them
//   node packages/tools/frameworks.mjs express    one of them
//
// The frameworks come from the npm registry into a temporary folder; no install script runs. Without the registry the
// programs are skipped, which this says, and fails.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { root, run } from "./checks/workspace.mjs"
import { serveRegistry } from "./registry.mjs"

const frameworks = {
  express: { express: "5.3.0", "@types/express": "5.0.3" },
  fastify: { fastify: "5.12.8" },
  hono: { hono: "4.13.19", "@hono/node-server": "2.1.9" },
  nest: {
    "@nestjs/common": "11.1.6",
    "@nestjs/core": "11.1.6",
    "@nestjs/platform-express": "11.1.6",
    "reflect-metadata": "0.2.2",
    rxjs: "7.8.2"
  },
  nestOpenFeature: {
    "@openfeature/nestjs-sdk": "0.2.5",
    "@openfeature/core": "1.12.0",
    "@openfeature/server-sdk": "1.23.0",
    "@nestjs/common": "11.1.6",
    "@nestjs/core": "11.1.6",
    "@nestjs/platform-express": "11.1.6",
    "reflect-metadata": "0.2.2",
    rxjs: "7.8.2"
  },
  flagsSdk: { flags: "4.3.1" },
  next: {},
  openTelemetry: {
    "@opentelemetry/sdk-logs": "0.223.1",
    "@opentelemetry/api-logs": "0.223.1",
    "@opentelemetry/api": "1.9.0"
  },
  workflow: {},
  shutdown: {},
  migration: { "posthog-node": "5.70.0", express: "5.3.0", "@types/express": "5.0.3" }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in frameworks))
if (unknown.length > 0) {
  console.error(`No program for ${unknown.join(", ")}. Programs: ${Object.keys(frameworks).join(", ")}`)
  process.exit(2)
}
const names = wanted.length > 0 ? wanted : Object.keys(frameworks)

const linked = {
  "effect-posthog": "packages/effect-posthog",
  "@effect-posthog/openfeature": "packages/openfeature",
  "@effect-posthog/testkit": "packages/testkit",
  effect: "packages/effect-posthog/node_modules/effect",
  "@effect/platform": "packages/testkit/node_modules/@effect/platform",
  "@effect/platform-node": "packages/testkit/node_modules/@effect/platform-node",
  "@effect/workflow": "packages/effect-posthog/node_modules/@effect/workflow",
  "@types/node": "node_modules/@types/node"
}

const compilerOptions = [
  ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--exactOptionalPropertyTypes"],
  ["--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable,ESNext.Disposable", "--types", "node"],
  ["--module", "ESNext", "--moduleResolution", "bundler"]
].flat()

const link = (folder) => {
  for (const [name, target] of Object.entries(linked)) {
    const path = join(folder, "node_modules", name)
    if (existsSync(path)) rmSync(path, { recursive: true })
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, target), path)
  }
}

const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]

/** Next.js bundles what it serves, so its application installs the packages as they are published. */
const buildNext = async (folder) => {
  const registry = await serveRegistry(join(folder, "registry"))
  const app = join(folder, "app")
  try {
    mkdirSync(app)
    cpSync(join(root, "packages/examples/frameworks/next"), app, { recursive: true })
    cpSync(join(root, "packages/examples/frameworks/checkout.ts"), join(app, "checkout.ts"))
    const dependencies = {
      next: "15.5.29",
      react: "19.2.0",
      "react-dom": "19.2.0",
      "effect-posthog": "3",
      effect: "3.22",
      "@effect/platform": "0.97",
      typescript: "5.9.3",
      "@types/node": "20.19.43",
      "@types/react": "19.2.2"
    }
    writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, dependencies }))
    // Built without a key, as in a pipeline.
    const env = {
      POSTHOG_API_KEY: "",
      npm_config_registry: registry.url,
      npm_config_cache: join(folder, "cache"),
      NEXT_TELEMETRY_DISABLED: "1"
    }
    const installed = await run("npm", npm, { cwd: app, env, timeout: 300_000 })
    if (installed.code !== 0) return `skipped: its packages could not be installed\n${installed.output}`
    const built = await run("node", ["node_modules/next/dist/bin/next", "build"], { cwd: app, env, timeout: 900_000 })
    return built.code === 0 ? undefined : built.output
  } finally {
    registry.close()
  }
}

/** `{ problem }`, or `{ said }`: what the program printed. */
const check = async (folder, name) => {
  mkdirSync(folder)
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: frameworks[name] })
  )
  const installed = await run("npm", npm, { cwd: folder, timeout: 300_000 })
  if (installed.code !== 0) return { problem: `skipped: its packages could not be installed\n${installed.output}` }
  const problem = name === "next" ? await buildNext(folder) : undefined
  if (problem !== undefined) return { problem }
  link(folder)
  cpSync(join(root, "packages/examples/frameworks"), join(folder, "programs"), { recursive: true })
  const types = await run("tsc", [...compilerOptions, join("programs", `${name}.ts`)], {
    cwd: folder,
    timeout: 300_000
  })
  if (types.code !== 0) return { problem: types.output }
  const result = await run("tsx", [join(folder, "programs", `${name}.ts`)], { cwd: folder, timeout: 300_000 })
  return result.code === 0 ? { said: result.output } : { problem: result.output }
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-frameworks-"))
let failed = 0
try {
  for (const name of names) {
    const { problem, said = "" } = await check(join(folder, name), name)
    console.log(`${problem === undefined ? "ok    " : "failed"}  ${name} ${Object.values(frameworks[name])[0] ?? ""}`)
    if (problem !== undefined) failed++
    const text = problem ?? said
    if (text !== "") console.log(text.replace(/^/gm, "        "))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
