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

const frameworks = {
  express: { express: "5.1.0", "@types/express": "5.0.3" },
  fastify: { fastify: "5.6.1" },
  hono: { hono: "4.9.9", "@hono/node-server": "1.19.5" },
  nest: {
    "@nestjs/common": "11.1.6",
    "@nestjs/core": "11.1.6",
    "@nestjs/platform-express": "11.1.6",
    "reflect-metadata": "0.2.2",
    rxjs: "7.8.2"
  }
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
  "@effect-posthog/testkit": "packages/testkit",
  effect: "packages/effect-posthog/node_modules/effect"
}

const link = (folder) => {
  for (const [name, target] of Object.entries(linked)) {
    const path = join(folder, "node_modules", name)
    if (existsSync(path)) rmSync(path, { recursive: true })
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(root, target), path)
  }
}

const check = async (folder, name) => {
  mkdirSync(folder)
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: frameworks[name] })
  )
  const installed = await run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"],
    { cwd: folder, timeout: 300_000 }
  )
  if (installed.code !== 0) return `skipped: its packages could not be installed\n${installed.output}`
  link(folder)
  cpSync(join(root, "packages/examples/frameworks"), join(folder, "programs"), { recursive: true })
  const result = await run("tsx", [join(folder, "programs", `${name}.ts`)], { cwd: folder, timeout: 60_000 })
  return result.code === 0 ? undefined : result.output
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-frameworks-"))
let failed = 0
try {
  for (const name of names) {
    const problem = await check(join(folder, name), name)
    console.log(`${problem === undefined ? "ok    " : "failed"}  ${name} ${Object.values(frameworks[name])[0]}`)
    if (problem !== undefined) {
      failed++
      console.log(problem.replace(/^/gm, "        "))
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
