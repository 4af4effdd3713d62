// What the changesets add up to, and where the version is written.
import getReleasePlan from "@changesets/get-release-plan"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { bundled, editionNames, isFile, manifestOf, packageNames, publishable, root } from "./workspace.mjs"

/** The packages whose major version is the major version of Effect that they are for. */
const editions = ["effect-posthog", "testkit"]

export const releases = async () => {
  const { complaints, ...plan } = await releasePlan()
  return [...complaints, ...versions(), ...published(plan), ...unreleased(plan), ...majors(plan)]
}

/**
 * What `changeset version` would do: the changesets, and the packages that get a new version.
 *
 * @returns {Promise<{ changesets: Array<any>, complaints: Array<string>, releases: Array<any> }>}
 */
export const releasePlan = async () => {
  const { error } = console
  const complaints = []
  console.error = (...words) => complaints.push(stripVTControlCharacters(words.join(" ")))
  try {
    const plan = await getReleasePlan(root)
    return {
      ...plan,
      complaints: complaints.filter((complaint) => !isOfEdition(complaint)),
      releases: plan.releases.filter(({ type }) => type !== "none")
    }
  } finally {
    console.error = error
  }
}

/** The editions take their dependencies under the names of the packages for Effect 3, at which changesets stumbles. */
const isOfEdition = (complaint) =>
  editionNames.some((name) => complaint.startsWith(`Package "${manifestOf(name).name}" must depend on`))

/** What is released is what others can install. */
const published = ({ releases }) => {
  const names = [...publishable, ...bundled].map((name) => manifestOf(name).name)
  return releases
    .filter((release) => !names.includes(release.name))
    .map((release) => `a changeset releases ${release.name}, which is not published`)
}

/** A published package that stands at the prerelease before its first version has a changeset that releases it. */
const unreleased = ({ changesets }) => {
  const named = changesets.flatMap(({ releases }) => releases.map(({ name }) => name))
  return [...publishable, ...bundled]
    .map(manifestOf)
    .filter(({ name, version }) => version.endsWith("-0") && !named.includes(name))
    .map(({ name, version }) => `${name} stands at ${version}, and no changeset releases it`)
}

/** The next major version of these packages is for the next major version of Effect, and is not made here. */
const majors = (plan) => {
  const names = editions.filter((name) => packageNames.includes(name)).map((name) => manifestOf(name).name)
  const asked = plan.changesets.flatMap(({ id, releases }) =>
    releases
      .filter(({ name, type }) => type === "major" && names.includes(name))
      .map(({ name }) => `.changeset/${id}.md asks for a major version of ${name}, ${instead}`)
  )
  if (asked.length > 0) return asked
  return plan.releases
    .filter(({ name, type }) => type === "major" && names.includes(name))
    .map(({ name, newVersion }) => `the changesets add up to ${name} ${newVersion}, ${instead}`)
}

const instead = "whose major version is Effect's: what breaks is a minor change whose text begins with **Breaking**"

/** Where the version of `effect-posthog` is written for programs to read. */
const versionModule = join(root, "packages", "effect-posthog", "src", "internal", "library.ts")
const versionLine = /^export const version = "([^"]*)"$/m

/** The version that `effect-posthog` tells servers is the version of the package. */
const versions = () => {
  if (!isFile(versionModule)) return []
  const { version } = manifestOf("effect-posthog")
  const [, written] = versionLine.exec(readFileSync(versionModule, "utf8")) ?? []
  return written === version
    ? []
    : [`packages/effect-posthog/src/internal/library.ts says ${written}, package.json says ${version}`]
}

/** The module that tells servers the version, with the version of the package in it. */
export const withPackageVersion = () => ({
  file: versionModule,
  text: readFileSync(versionModule, "utf8").replace(
    versionLine,
    `export const version = "${manifestOf("effect-posthog").version}"`
  )
})
