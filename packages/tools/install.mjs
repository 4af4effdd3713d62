// Makes `npm start` and `npm test` work on a machine that has Node and npm and nothing else: installs the workspace's
// dependencies once, with the pinned pnpm, and again only after the lock file or a manifest has changed.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")
const stamp = join(root, "node_modules", ".installed")

const manifests = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name, "package.json"))
  .filter((file) => existsSync(file))
  .sort()

const hash = createHash("sha256")
for (
  const file of [
    join(root, "pnpm-lock.yaml"),
    join(root, "pnpm-workspace.yaml"),
    join(root, "package.json"),
    ...manifests
  ]
) {
  hash.update(readFileSync(file)).update("\0")
}
const wanted = `${hash.digest("hex")} node-${process.versions.modules}\n`
const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : ""

if (installed !== wanted) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  console.error("Installing dependencies (once) ...")
  // Taken away first: an installation that is cut off must not look finished to the next run.
  rmSync(stamp, { force: true })
  const install = ["pnpm", "install", "--frozen-lockfile", "--prod=false", "--config.confirmModulesPurge=false"]
  const arguments_ = ["exec", "--yes", `--package=${packageManager}`, "--", ...install]
  const result = spawnSync("npm", arguments_, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CI: "true", npm_config_loglevel: "error", npm_config_update_notifier: "false" },
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "pipe"]
  })
  if (result.status !== 0) {
    console.error(result.stdout ?? "")
    console.error(result.stderr ?? "")
    console.error(result.error?.message ?? `Installing dependencies failed (exit code ${result.status}).`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}
