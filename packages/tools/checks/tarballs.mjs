// The publishable packages, built and packed as they are for the registry.
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { bundleForNode, hasNodeBundles } from "./nodeBundles.mjs"
import { bundled, publishable, root, run } from "./workspace.mjs"

/**
 * Builds all of them from nothing, so that no module that was removed lingers in `dist`. Resolves with the problems.
 * `isChecked`: something else finds the errors in their types, which takes most of the time.
 */
export const build = async ({ isChecked = false } = {}) => {
  for (const name of publishable) {
    const folder = join(root, "packages", name)
    rmSync(join(folder, "dist"), { force: true, recursive: true })
    rmSync(join(folder, ".tsbuildinfo", "build.tsbuildinfo"), { force: true })
  }
  const projects = publishable.map((name) => `packages/${name}/tsconfig.build.json`)
  const result = await run("tsc", ["-b", "--pretty", "false", ...(isChecked ? ["--noCheck"] : []), ...projects])
  if (result.code !== 0) return [result.output]
  for (const name of publishable.filter(hasNodeBundles)) await bundleForNode(name)
  return []
}

/** Packs one that is built into an empty folder: `{ tarball }`, or `{ problems }`. */
export const pack = async (name, destination) => {
  mkdirSync(destination, { recursive: true })
  const packed = await run("pnpm", ["pack", "--pack-destination", destination], { cwd: join(root, "packages", name) })
  if (packed.code !== 0) return { problems: [packed.output] }
  const tarball = readdirSync(destination).find((file) => file.endsWith(".tgz"))
  if (tarball === undefined) return { problems: [`pnpm pack wrote no tarball: ${packed.output}`] }
  return { problems: [], tarball: join(destination, tarball) }
}

/** Builds and packs all of them below a folder: package folder to tarball. Throws with what went wrong. */
export const tarballs = async (folder) => {
  const built = await build()
  if (built.length > 0) throw new Error(built.join("\n"))
  const entries = []
  for (const name of [...publishable, ...bundled]) {
    const { problems, tarball } = await pack(name, join(folder, name))
    if (tarball === undefined) throw new Error(problems.join("\n"))
    entries.push([name, tarball])
  }
  return Object.fromEntries(entries)
}
