// The packages as other people's projects meet them: packed, installed there by npm and by pnpm, type-checked under each
// way of resolving modules and each supported version of TypeScript, and run on each runtime.
//
//   node packages/tools/consumers.mjs           everything, and writes packages/docs/compatibility.md
//   node packages/tools/consumers.mjs --quick   npm, the oldest and the newest TypeScript, this Node
//
// The programs are in `consumer` beside this file. The compiler checks them and every declaration of ours that they
// reach. Packages come from the npm registry, and no install script runs.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { tarballs } from "./checks/tarballs.mjs"
import { manifestOf, publishable, root, run } from "./checks/workspace.mjs"
import { runtimePackages, runtimes } from "./consumer/runtimes.mjs"

const quick = process.argv.includes("--quick")
const typescriptVersions = quick ? ["5.4", "5.9"] : ["5.4", "5.5", "5.6", "5.7", "5.8", "5.9"]
const resolutions = ["node16", "nodenext", "bundler"]
const managers = quick ? ["npm"] : ["npm", "pnpm"]
const limit = 600_000
const programs = fileURLToPath(new URL("consumer/", import.meta.url))

const say = (text) => console.log(text)
const rows = []
const record = (subject, detail, problem) => {
  rows.push({ subject, detail, problem })
  say(`${problem === undefined ? "ok    " : "failed"}  ${subject}: ${detail}`)
  if (problem !== undefined) say(problem.replace(/^/gm, "        "))
}

const must = async (command, args, options) => {
  const result = await run(command, args, { timeout: limit, ...options })
  if (result.code !== 0) throw new Error(`${command} ${args.join(" ")}\n${result.output}`)
  return result
}

const writeJson = (file, value) => writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`)

const nameOf = (folder) => manifestOf(folder).name

/** The lowest versions of the peers that our ranges allow, or the newest. */
const peers = (lowest) => {
  const ranges = publishable.flatMap((name) => Object.entries(manifestOf(name).peerDependencies ?? {}))
  return Object.fromEntries(
    ranges
      .filter(([name]) => name !== "effect-posthog")
      .map(([name, range]) => [name, lowest ? range.replace(/^\^/, "") : range])
  )
}

/** A project that has the tarballs and their peers as its dependencies, and nothing else of ours. */
const install = async (manager, folder, packed) => {
  mkdirSync(folder, { recursive: true })
  const ours = Object.fromEntries(Object.entries(packed).map(([name, tarball]) => [nameOf(name), `file:${tarball}`]))
  writeJson(join(folder, "package.json"), {
    private: true,
    type: "module",
    dependencies: { ...ours, ...peers(manager === "npm"), "@types/node": "20.19.43" },
    // What is not in the registry yet, pnpm takes from here.
    ...(manager === "pnpm" ? { pnpm: { overrides: ours } } : {})
  })
  cpSync(programs, folder, { recursive: true })
  const args = manager === "npm"
    ? ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    : ["install", "--ignore-scripts", "--no-frozen-lockfile", "--prefer-offline"]
  const result = await run(manager, args, { cwd: folder, timeout: limit })
  record("install", manager, result.code === 0 ? undefined : result.output)
  return result.code === 0
}

/** The compilers, and the runtimes that come as npm packages, in a project of their own. */
const installTools = async (folder) => {
  mkdirSync(folder, { recursive: true })
  const compilers = typescriptVersions.map((version) => [`typescript-${version}`, `npm:typescript@~${version}.0`])
  writeJson(join(folder, "package.json"), {
    private: true,
    dependencies: Object.fromEntries(compilers),
    optionalDependencies: quick ? {} : runtimePackages
  })
  await must("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder })
}

const compilerOptions = (resolution) => ({
  target: "ES2022",
  lib: resolution === "bundler" ? ["ES2022", "DOM", "DOM.Iterable"] : ["ES2022"],
  module: resolution === "bundler" ? "ESNext" : resolution,
  moduleResolution: resolution,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  outDir: `out-${resolution}`
})

// TypeScript lets CommonJS require an ES module since 5.8.
const filesFor = (version, resolution) => [
  "client.ts",
  "tests.ts",
  "openFeature.ts",
  ...(resolution === "nodenext" && Number(version.split(".")[1]) >= 8 ? ["required.cts"] : [])
]

/** With npm every version of TypeScript, with pnpm the newest: what differs there is where packages lie. */
const typeCheck = async (project, tools, manager) => {
  for (const version of manager === "npm" ? typescriptVersions : typescriptVersions.slice(-1)) {
    for (const resolution of resolutions) {
      const config = join(project, `tsconfig.${resolution}.json`)
      writeJson(config, { compilerOptions: compilerOptions(resolution), files: filesFor(version, resolution) })
      const compiler = join(tools, "node_modules", `typescript-${version}`)
      const result = await run("node", [join(programs, "typeCheck.mjs"), compiler, config], { timeout: limit })
      record(`TypeScript ${version}, ${manager}`, resolution, result.code === 0 ? undefined : result.output)
    }
  }
}

const markdown = () => {
  const subjects = [...new Set(rows.map(({ subject }) => subject))]
  const shown = ({ detail, problem }) =>
    `${detail}${problem === undefined ? "" : `: fails (${problem.split("\n")[0]})`}`
  const lines = subjects.map((subject) =>
    `| ${subject} | ${rows.filter((row) => row.subject === subject).map(shown).join(", ")} |`
  )
  return [
    "# Where the packages install, type-check and run",
    "",
    "Written by `node packages/tools/consumers.mjs`, which packs the packages, installs the tarballs in new projects,",
    "type-checks the programs there with `skipLibCheck` off and runs them against the embedded server. npm installs the",
    "lowest versions of the peers that the packages allow, pnpm the newest. What is named passes unless it says",
    "otherwise.",
    "",
    "| what | with |",
    "| --- | --- |",
    ...lines,
    ""
  ].join("\n")
}

const folder = mkdtempSync(join(tmpdir(), "effect-posthog-consumers-"))
try {
  const packed = await tarballs(join(folder, "tarballs"))
  const tools = join(folder, "tools")
  await installTools(tools)
  for (const manager of managers) {
    const project = join(folder, manager)
    if (await install(manager, project, packed)) await typeCheck(project, tools, manager)
  }
  await runtimes({ folder, project: join(folder, "npm"), tools, quick, record })
} finally {
  if (!process.argv.includes("--keep")) rmSync(folder, { force: true, recursive: true })
}

if (!quick) writeFileSync(join(root, "packages", "docs", "compatibility.md"), markdown())
const failed = rows.filter(({ problem }) => problem !== undefined)
say(failed.length === 0 ? `All ${rows.length} passed.` : `${failed.length} of ${rows.length} failed.`)
process.exitCode = failed.length === 0 ? 0 : 1
