// The Effect 4 editions as other people's projects meet them: packed, installed from their tarballs beside the newest
// Effect 4, type-checked, and run on Node 20, 22 and 24 against the embedded server. And the pairs that must not
// install: either edition beside the other Effect. Packages come from the npm registry, and no install script runs.
//
//   node packages/tools/effect4.mjs           all of it
//   node packages/tools/effect4.mjs --quick   this Node alone
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { editionTarballs } from "./checks/editionTarballs.mjs"
import { build, pack } from "./checks/tarballs.mjs"
import { root, run } from "./checks/workspace.mjs"

const quick = process.argv.includes("--quick")
const limit = 300_000
let failed = false

const record = (subject, problem) => {
  failed ||= problem !== undefined
  console.log(`${problem === undefined ? "ok    " : "failed"}  ${subject}`)
  if (problem !== undefined) console.log(problem.replace(/^/gm, "        "))
}

const npm = (folder, ...args) =>
  run("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: folder,
    timeout: limit
  })

const project = (folder, dependencies) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  return folder
}

const packed = async (name, folder) => {
  const { problems, tarball } = await pack(name, join(folder, name))
  if (tarball === undefined) throw new Error(problems.join("\n"))
  return `file:${tarball}`
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-effect-4-"))
try {
  const problems = await build()
  if (problems.length > 0) throw new Error(problems.join("\n"))
  const tarballs = await editionTarballs(join(folder, "packed"))
  const ours = {
    "@effect-posthog/evaluator": await packed("evaluator", join(folder, "packed")),
    "effect-posthog": `file:${tarballs["effect-posthog-4"]}`
  }
  const application = project(join(folder, "application"), {
    ...ours,
    "@effect-posthog/testkit": `file:${tarballs["testkit-4"]}`,
    "@effect/platform-node": "4",
    "@types/node": "20.19.43",
    effect: "latest",
    typescript: "5.9.3"
  })
  cpSync(fileURLToPath(new URL("consumer/effect4.ts", import.meta.url)), join(application, "effect4.ts"))
  const installed = await npm(application, "install")
  record("npm install, beside effect@latest", installed.code === 0 ? undefined : installed.output)
  if (installed.code === 0) {
    const compiled = await run("node", [
      join(application, "node_modules/typescript/bin/tsc"),
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--lib",
      "es2022,dom,dom.iterable",
      "--types",
      "node",
      "--strict",
      "--exactOptionalPropertyTypes",
      "effect4.ts"
    ], { cwd: application, timeout: limit })
    record("type-checks with TypeScript 5.9", compiled.code === 0 ? undefined : compiled.output)
    for (const version of quick ? [] : ["20", "22", "24"]) {
      const runtime = project(join(folder, `node-${version}`), { node: version })
      const got = await run("npm", ["install", "--no-audit", "--no-fund"], { cwd: runtime, timeout: limit })
      const program = join(runtime, "node_modules/node/bin/node")
      const result = got.code === 0
        ? await run(program, ["effect4.js"], { cwd: application, timeout: 60_000 })
        : got
      record(`runs on Node ${version}`, result.stdout.includes("delivered 1 of 1") ? undefined : result.output)
    }
    if (quick) {
      const result = await run(process.execPath, ["effect4.js"], { cwd: application, timeout: 60_000 })
      record(`runs on Node ${process.version}`, result.stdout.includes("delivered 1 of 1") ? undefined : result.output)
    }
  }
  const refused = async (subject, dependencies) => {
    const result = await npm(project(join(folder, subject.replace(/\W+/g, "-")), dependencies), "install", "--dry-run")
    record(`${subject} is refused`, /ERESOLVE/.test(result.output) ? undefined : `npm installed it: ${result.output}`)
  }
  await refused("effect-posthog 4 beside effect 3", { ...ours, effect: "3.22" })
  await refused("effect-posthog 3 beside effect 4", {
    ...ours,
    "effect-posthog": await packed("effect-posthog", join(folder, "packed", "three")),
    effect: "4"
  })
} finally {
  rmSync(folder, { force: true, recursive: true })
}
process.chdir(root)
process.exit(failed ? 1 : 0)
