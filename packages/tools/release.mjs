// Releases, from the changesets in `.changeset`.
//
//   node packages/tools/release.mjs --dry-run   packs and judges the packages, prints the versions to come
//   node packages/tools/release.mjs --version   writes those versions and the changelogs, removes the changesets
//
// Publishing is `pnpm --recursive publish` after `--version` was committed.
import applyReleasePlan from "@changesets/apply-release-plan"
import { read as readConfig } from "@changesets/config"
import { getPackages } from "@manypkg/get-packages"
import { packages } from "./checks/packages.mjs"
import { releasePlan } from "./checks/releases.mjs"
import { root } from "./checks/workspace.mjs"

const [command] = process.argv.slice(2)
if (command !== "--dry-run" && command !== "--version") {
  console.error("Usage: node packages/tools/release.mjs --dry-run | --version")
  process.exit(2)
}

const problems = await packages()
if (problems.length > 0) {
  console.error(problems.join("\n"))
  process.exit(1)
}
console.log("The packages build, pack, and pass publint and attw.")

const plan = await releasePlan()
for (const { name, newVersion, oldVersion } of plan.releases) console.log(`${name}  ${oldVersion} -> ${newVersion}`)
if (plan.releases.length === 0) console.log("No changeset asks for a release.")

if (command === "--version") {
  const workspace = await getPackages(root)
  const config = await readConfig(root, workspace)
  const touched = await applyReleasePlan(plan, workspace, config)
  console.log(`${touched.length} files written.`)
}
