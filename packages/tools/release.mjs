// Releases, from the changesets in `.changeset`.
//
//   node packages/tools/release.mjs --dry-run   packs and judges the packages, prints the versions to come
//   node packages/tools/release.mjs --version   writes those versions and the changelogs, removes the changesets
//   node packages/tools/release.mjs --publish   publishes the versions that the registry does not have
//
// `changeset publish` is not used: it publishes each package of the workspace under its own name and as `latest`, and
// the editions for Effect 3 and Effect 4 share their names.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { editionManifest, editionTarballs } from "./checks/editionTarballs.mjs"
import { packages } from "./checks/packages.mjs"
import { releasePlan, releases, withPackageVersion } from "./checks/releases.mjs"
import { editionNames, manifestOf, publishable, root, run } from "./checks/workspace.mjs"

const commands = ["--dry-run", "--version", "--publish"]
const [command = ""] = process.argv.slice(2)
if (!commands.includes(command)) {
  console.error(`Usage: node packages/tools/release.mjs ${commands.join(" | ")}`)
  process.exit(2)
}

const stopOn = (problems) => {
  if (problems.length === 0) return
  console.error(problems.join("\n"))
  process.exit(1)
}

const must = async (program, args, options) => {
  const result = await run(program, args, options)
  stopOn(result.code === 0 ? [] : [result.output])
}

const version = async () => {
  await must("changeset", ["version"])
  const { file, text } = withPackageVersion()
  writeFileSync(file, text)
  for (const name of publishable) console.log(`${manifestOf(name).name}  ${manifestOf(name).version}`)
}

/** With provenance where the registry can verify it: in a workflow that may request a token of its identity. */
const publish = async () => {
  const waiting = publishable.filter((name) => manifestOf(name).version.includes("-"))
  stopOn(waiting.map((name) => `packages/${name} has no version yet: run --version and commit what it writes`))
  const provenance = process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] === undefined ? [] : ["--provenance"]
  for (const folder of publishable) {
    const { name, version } = manifestOf(folder)
    const known = await run("npm", ["view", `${name}@${version}`, "version"])
    if (known.code === 0 && known.stdout.trim() === version) {
      console.log(`${name}@${version} is published already`)
      continue
    }
    const tag = editionNames.some((edition) => manifestOf(edition).editionOf === folder) ? "effect-3" : "latest"
    const args = ["publish", "--access", "public", "--no-git-checks", "--tag", tag]
    await must("pnpm", args.concat(provenance), { cwd: `${root}/packages/${folder}` })
    console.log(`${name}@${version} published`)
  }
  await publishEditions(provenance)
}

/**
 * The Effect 4 editions, under the names of their sources: the latest, since `latest` of Effect is 4. They have the tag
 * `effect-4` as well, and the editions for Effect 3 have `effect-3`.
 */
const publishEditions = async (provenance) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-editions-"))
  try {
    for (const [edition, tarball] of Object.entries(await editionTarballs(folder))) {
      const { name, version } = editionManifest(edition)
      const known = await run("npm", ["view", `${name}@${version}`, "version"])
      if (known.code === 0 && known.stdout.trim() === version) {
        console.log(`${name}@${version} is published already`)
        continue
      }
      const at = { cwd: dirname(tarball) }
      await must("npm", ["publish", tarball, "--access", "public", "--tag", "latest", ...provenance], at)
      await must("npm", ["dist-tag", "add", `${name}@${version}`, "effect-4"], at)
      console.log(`${name}@${version} published`)
    }
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
}

stopOn(await packages())
console.log("The packages build, pack, and pass publint and attw.")

if (command === "--publish") {
  await publish()
} else {
  stopOn(await releases())
  const plan = await releasePlan()
  for (const { name, newVersion, oldVersion } of plan.releases) console.log(`${name}  ${oldVersion} -> ${newVersion}`)
  for (const edition of editionNames) {
    console.log(`${editionManifest(edition).name}  the same for Effect 4, from ${edition}`)
  }
  if (plan.releases.length === 0) console.log("No changeset asks for a release.")
  if (command === "--version") await version()
}
