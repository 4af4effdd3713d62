// The tests: `vitest run`, after installing what they need.
//
//   node packages/tools/test.mjs [arguments of vitest]    the light packages, in at most 90 seconds on two processors
//   node packages/tools/test.mjs --project redis [...]    one package; several with one --project each
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { installOrExit, light } from "./install.mjs"

const { packages, rest } = (() => {
  const packages = []
  const rest = []
  const waiting = process.argv.slice(2)
  for (let argument = waiting.shift(); argument !== undefined; argument = waiting.shift()) {
    if (argument === "--project") packages.push(waiting.shift() ?? "")
    else if (argument.startsWith("--project=")) packages.push(argument.slice("--project=".length))
    else rest.push(argument)
  }
  return { packages, rest }
})()

installOrExit(packages.length > 0 ? packages : light)
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url))
const config = packages.length > 0 ? "vitest.config.ts" : "vitest.light.config.ts"
const projects = packages.flatMap((name) => ["--project", name])
const result = spawnSync(process.execPath, [
  vitest,
  "run",
  "--config",
  `packages/tools/${config}`,
  ...projects,
  ...rest
], {
  cwd: fileURLToPath(new URL("../../", import.meta.url)),
  stdio: "inherit"
})
process.exit(result.status ?? 1)
