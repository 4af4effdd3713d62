// The Effect 4 editions as other people's projects meet them: packed, judged, installed from their tarballs beside the
// newest Effect 4, type-checked, and run against the embedded server; the examples, the programs of the guides and the
// conformance adapter there, written with the rules of the editions; 10,000 fibers that wait for room; an application on
// Effect 3 beside them; and the pairs that must not install. Packages come from the npm registry, and no install script
// runs.
//
//   node packages/tools/effect4.mjs           each supported TypeScript, npm and pnpm, Node 20, 22 and 24, Bun and Deno
//   node packages/tools/effect4.mjs --quick   npm, the newest TypeScript, this Node
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as editionPrograms from "./checks/editionPrograms.mjs"
import { editionTarballs } from "./checks/editionTarballs.mjs"
import { judgeLayout, judgeTypes } from "./checks/packages.mjs"
import { build, pack } from "./checks/tarballs.mjs"
import { root, run } from "./checks/workspace.mjs"
import { runners, runtimePackages } from "./consumer/runtimes.mjs"

const quick = process.argv.includes("--quick")
const keep = process.argv.includes("--keep")
const limit = 300_000
const typescriptVersions = quick ? ["5.9"] : ["5.4", "5.5", "5.6", "5.7", "5.8", "5.9"]
const resolutions = quick ? ["nodenext"] : ["node16", "nodenext", "bundler"]
const consumer = fileURLToPath(new URL("consumer/", import.meta.url))
let failed = false

const record = (subject, problem) => {
  failed ||= problem !== undefined
  console.log(`${problem === undefined ? "ok    " : "failed"}  ${subject}`)
  if (problem !== undefined) console.log(problem.replace(/^/gm, "        "))
}

const install = (manager, folder, ...args) =>
  run(
    manager,
    manager === "npm"
      ? ["install", ...args, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
      : ["install", ...args, "--ignore-scripts", "--no-frozen-lockfile", "--prefer-offline"],
    { cwd: folder, timeout: limit }
  )

const project = (folder, dependencies, more = {}) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...more, dependencies }))
  return folder
}

const packed = async (name, folder) => {
  const { problems, tarball } = await pack(name, join(folder, name))
  if (tarball === undefined) throw new Error(problems.join("\n"))
  return `file:${tarball}`
}

const compilerOptions = (resolution) => ({
  target: "ES2022",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  module: resolution === "bundler" ? "ESNext" : resolution,
  moduleResolution: resolution,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  outDir: `out-${resolution}`
})

const typeCheck = async (folder, tools, manager, versions) => {
  for (const version of versions) {
    for (const resolution of resolutions) {
      const config = join(folder, `tsconfig.${resolution}.json`)
      const files = ["effect4.ts", "backPressure4.ts"]
      writeFileSync(config, JSON.stringify({ compilerOptions: compilerOptions(resolution), files }))
      const compiler = join(tools, "node_modules", `typescript-${version}`)
      const result = await run("node", [join(consumer, "typeCheck.mjs"), compiler, config], { timeout: limit })
      record(`TypeScript ${version}, ${resolution}, ${manager}`, result.code === 0 ? undefined : result.output)
    }
  }
}

const said = ({ code, output, stdout }, text) =>
  code === 0 && stdout.includes(text) ? undefined : output || `ended with ${code}`

const runOn = async ({ args, name, program }, application) => {
  const at = (file) => [...args, join("out-nodenext", file)]
  const client = await run(program, at("effect4.js"), { cwd: application, timeout: 120_000 })
  record(`runs on ${name}`, said(client, "delivered 1 of 1"))
  if (!name.startsWith("Node")) return
  const pressed = await run(program, at("backPressure4.js"), { cwd: application, timeout: 120_000 })
  record(`${name}: ${pressed.stdout.trim()}`, said(pressed, "arrived once"))
}

/** The quickstart, on Effect 3. */
const runOnEffect3 = async (folder, ours) => {
  const application = project(folder, {
    ...ours,
    "@effect/platform": "0.97",
    "@effect/platform-node": "0.108",
    effect: "3.22",
    tsx: "4.23.15"
  })
  cpSync(join(root, "packages", "examples", "src"), join(application, "src"), { recursive: true })
  const installed = await install("npm", application)
  record("npm install of edition 3, beside effect@3.22", installed.code === 0 ? undefined : installed.output)
  const result = await run("node", ["--import", "tsx", "src/quickstart.ts"], { cwd: application, timeout: 120_000 })
  record("the quickstart runs there", said(result, "checkout finished"))
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-effect-4-"))
try {
  const problems = await build()
  if (problems.length > 0) throw new Error(problems.join("\n"))
  const tarballs = await editionTarballs(join(folder, "packed"))
  for (const [name, tarball] of Object.entries(tarballs)) {
    const judged = [...await judgeLayout(tarball), ...await judgeTypes(name, tarball)]
    record(`publint and attw on ${name}`, judged.length === 0 ? undefined : judged.join("\n"))
  }
  const evaluator = await packed("evaluator", join(folder, "packed"))
  const ours = { "@effect-posthog/evaluator": evaluator, "effect-posthog": `file:${tarballs["effect-posthog-4"]}` }
  const three = {
    "@effect-posthog/evaluator": evaluator,
    "effect-posthog": await packed("effect-posthog", join(folder, "packed", "three")),
    "@effect-posthog/testkit": await packed("testkit", join(folder, "packed", "three"))
  }

  const tools = project(join(folder, "tools"), {
    ...Object.fromEntries(
      typescriptVersions.map((version) => [`typescript-${version}`, `npm:typescript@~${version}.0`])
    ),
    ...(quick ? {} : runtimePackages)
  })
  const gotTools = await install("npm", tools)
  if (gotTools.code !== 0) throw new Error(gotTools.output)

  const dependencies = {
    ...ours,
    "@effect-posthog/testkit": `file:${tarballs["testkit-4"]}`,
    "@effect/platform-node": "4",
    "@types/node": "20.19.43",
    effect: "latest"
  }
  for (const manager of quick ? ["npm"] : ["npm", "pnpm"]) {
    const isNpm = manager === "npm"
    const application = project(
      join(folder, manager),
      isNpm ? { ...dependencies, ...editionPrograms.dependencies } : dependencies,
      // What is not in the registry yet, pnpm takes from here.
      isNpm ? { scripts: editionPrograms.scripts } : { pnpm: { overrides: ours } }
    )
    for (const name of ["effect4.ts", "backPressure4.ts"]) cpSync(join(consumer, name), join(application, name))
    const installed = await install(manager, application)
    record(`${manager} install, beside effect@latest`, installed.code === 0 ? undefined : installed.output)
    if (installed.code !== 0) continue
    await typeCheck(application, tools, manager, isNpm ? typescriptVersions : typescriptVersions.slice(-1))
    if (!isNpm) continue
    const here = { name: `Node ${process.versions.node}`, program: process.execPath, args: [] }
    for (const runner of quick ? [here] : [here, ...runners(tools)]) await runOn(runner, application)
    const written = editionPrograms.writePrograms(application)
    if (written.length > 0) record("programs of the workspace", written.join("\n"))
    else await editionPrograms.runPrograms(application, process.execPath, record)
  }

  await runOnEffect3(join(folder, "three"), three)

  const refused = async (subject, dependencies) => {
    const result = await install("npm", project(join(folder, subject.replace(/\W+/g, "-")), dependencies), "--dry-run")
    record(`${subject} is refused`, /ERESOLVE/.test(result.output) ? undefined : `npm installed it: ${result.output}`)
  }
  await refused("effect-posthog 4 beside effect 3", { ...ours, effect: "3.22" })
  await refused("effect-posthog 3 beside effect 4", {
    "@effect-posthog/evaluator": evaluator,
    "effect-posthog": three["effect-posthog"],
    effect: "4"
  })
} finally {
  if (keep) console.log(`kept: ${folder}`)
  else rmSync(folder, { force: true, recursive: true })
}
process.chdir(root)
process.exit(failed ? 1 : 0)
