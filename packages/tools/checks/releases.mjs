// What the changesets add up to.
import getReleasePlan from "@changesets/get-release-plan"
import { manifestOf, publishable, root } from "./workspace.mjs"

/** The changesets are readable, and what they release is what others can install. */
export const releases = async () => {
  const names = publishable.map((name) => manifestOf(name).name)
  const plan = await releasePlan()
  return plan.releases
    .filter((release) => !names.includes(release.name))
    .map((release) => `a changeset releases ${release.name}, which is not published`)
}

/**
 * The release plan of the changesets, with one correction. A package is given a major version when a peer dependency of
 * it leaves its range, as every minor version below 1.0 does; below 1.0 that is a minor version, unless a changeset says
 * major itself.
 */
export const releasePlan = async () => {
  const plan = await getReleasePlan(root)
  const asked = plan.releases.filter((release) => release.type !== "none")
  const wantsMajor = plan.changesets.some((changeset) => changeset.releases.some((release) => release.type === "major"))
  if (wantsMajor || plan.preState !== undefined) return { ...plan, releases: asked }
  return { ...plan, releases: asked.map(belowOne) }
}

const belowOne = (release) => {
  const [major, minor] = release.oldVersion.split(".").map(Number)
  return release.type === "major" && major === 0
    ? { ...release, type: "minor", newVersion: `0.${minor + 1}.0` }
    : release
}
