// Installs the workspace's dependencies with the pinned pnpm, on a machine that has Node and npm and nothing else, and
// again only after the lock file or a manifest has changed.
//
//   node packages/tools/install.mjs              every package
//   node packages/tools/install.mjs --light      what `npm start` and `npm test` need
//   node packages/tools/install.mjs redis cli    that, and what these packages need
//   node packages/tools/install.mjs --published  that, and what every published package needs, to be built and packed
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

/** The packages whose dependencies are few and small. A new package is not one of them. */
export const light = ["evaluator", "regex-re2", "effect-posthog", "testkit", "conformance", "docs", "examples"]

const root = fileURLToPath(new URL("../../", import.meta.url))
const stamp = join(root, "node_modules", ".installed")

const packages = readdirSync(join(root, "packages"))
  .filter((name) => existsSync(join(root, "packages", name, "package.json")))
  .sort()

const isPublished = (name) =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")).private !== true

/** Everything that decides what an installation looks like. */
const fingerprint = () => {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
  const manifests = packages.map((name) => join("packages", name, "package.json"))
  const hash = createHash("sha256")
  for (const file of [...files, ...manifests]) hash.update(readFileSync(join(root, file))).update("\0")
  return `${hash.digest("hex")} node-${process.versions.modules}`
}

/** The packages that are installed as the manifests and the lock file want them now. */
const installed = (state) => {
  const [found, ...names] = existsSync(stamp) ? readFileSync(stamp, "utf8").trim().split("\n") : []
  return found === state ? names : []
}

/** Installs these packages and the light ones, unless they are there. Returns what went wrong, if anything did. */
export const install = (names) => {
  const state = fingerprint()
  const before = installed(state)
  const missing = [...new Set([...light, ...names])].filter((name) => !before.includes(name))
  if (missing.length === 0) return undefined
  const wanted = [...new Set([...before, ...missing])].sort()
  console.error(`Installing dependencies of ${wanted.length} packages (once) ...`)
  // Taken away first: an installation that is cut off must not look finished to the next run.
  rmSync(stamp, { force: true })
  // With a filter pnpm leaves alone what earlier runs installed for other packages.
  const filters = wanted.length === packages.length
    ? []
    : [".", ...wanted.map((name) => `{packages/${name}}...`)].flatMap((selector) => ["--filter", selector])
  const pnpm = [
    "pnpm",
    ...filters,
    "install",
    "--frozen-lockfile",
    "--prod=false",
    "--config.confirmModulesPurge=false"
  ]
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const run = () =>
    spawnSync("npm", ["exec", "--yes", `--package=${packageManager}`, "--", ...pnpm], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CI: "true", npm_config_loglevel: "error", npm_config_update_notifier: "false" },
      shell: process.platform === "win32",
      stdio: ["ignore", "pipe", "pipe"]
    })
  const first = run()
  // Once more, because a registry may fail for a moment. What was fetched is not fetched again.
  const result = first.status === 0 ? first : run()
  if (result.status !== 0) {
    return [result.stdout, result.stderr, result.error?.message, `Installing failed (exit code ${result.status}).`]
      .filter((text) => (text ?? "") !== "")
      .join("\n")
  }
  writeFileSync(stamp, `${[state, ...wanted].join("\n")}\n`)
  return undefined
}

/** Installs, or ends the process with what went wrong. */
export const installOrExit = (names) => {
  const unknown = names.filter((name) => !packages.includes(name))
  if (unknown.length > 0) {
    console.error(`There is no package ${unknown.join(", ") || "without a name"}. Packages: ${packages.join(", ")}`)
    process.exit(2)
  }
  const problem = install(names)
  if (problem === undefined) return
  console.error(problem)
  process.exit(1)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
  const names = process.argv.includes("--published") ? [...named, ...packages.filter(isPublished)] : named
  installOrExit(process.argv.includes("--light") || names.length > 0 ? names : packages)
}
