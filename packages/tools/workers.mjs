// The programs for Cloudflare Workers, `packages/examples/workers`, in the real runtime, workerd: requests that overlap
// share a client, PostHog hangs, definitions change. posthog-node runs beside, for comparison.
//
//   node packages/tools/workers.mjs               all of them
//   node packages/tools/workers.mjs promise       one of them
//
// The runtime comes from the npm registry into a temporary folder; no install script runs. Without the registry there is
// nothing to run, which this says.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { root, run } from "./checks/workspace.mjs"

const dependencies = { esbuild: "0.28.2", miniflare: "4.20260426.0", "posthog-node": "5.70.0" }

const linked = {
  "effect-posthog": "packages/effect-posthog",
  "@effect-posthog/testkit": "packages/testkit",
  "@effect/platform": "packages/effect-posthog/node_modules/@effect/platform",
  effect: "packages/effect-posthog/node_modules/effect"
}

const compilerOptions = [
  ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--exactOptionalPropertyTypes"],
  ["--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable,ESNext.Disposable", "--types", "node"],
  ["--typeRoots", join(root, "node_modules/@types"), "--module", "ESNext", "--moduleResolution", "bundler"]
].flat()

const install = async (folder) => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
  return await run("npm", args, { cwd: folder, timeout: 300_000 })
}

const prepare = (folder) => {
  for (const [name, target] of Object.entries(linked)) {
    const path = join(folder, "node_modules", name)
    rmSync(path, { recursive: true, force: true })
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, target), path)
  }
  cpSync(join(root, "packages/examples/workers"), join(folder, "programs"), { recursive: true })
}

const programs = async (folder) => {
  prepare(folder)
  const sources = [
    "cloudflare.d.ts",
    "main.ts",
    "background.ts",
    "awaited.ts",
    "promise.ts",
    "local.ts",
    "forgotten.ts",
    "posthogNode.ts"
  ]
  const checked = await run("tsc", [...compilerOptions, ...sources.map((name) => join("programs", name))], {
    cwd: folder,
    timeout: 300_000
  })
  if (checked.code !== 0) return checked
  return await run("tsx", [join(folder, "programs/main.ts"), ...process.argv.slice(2)], {
    cwd: folder,
    timeout: 600_000
  })
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-workers-"))
try {
  const installed = await install(folder)
  if (installed.code === 0) {
    const { code, output } = await programs(folder)
    console.log(output)
    process.exitCode = code === 0 ? 0 : 1
  } else {
    console.log(`skipped: workerd could not be installed\n${installed.output.replace(/^/gm, "  ")}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
