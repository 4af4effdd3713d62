// The editions as they are published: under the name of the package that they are generated from, with Effect's major
// version. The workspace gives them names of their own, since no two of its packages may share one.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundleForNode, hasNodeBundles } from "./nodeBundles.mjs"
import { editionNames, manifestOf, packageNames, root, run } from "./workspace.mjs"

/** The name on npm of a package of the workspace, by its name in the workspace. */
const publishedName = (name) => {
  const edition = editionNames.find((folder) => manifestOf(folder).name === name)
  return edition === undefined ? name : manifestOf(manifestOf(edition).editionOf).name
}

const versionOf = (name) => {
  const folder = [...packageNames, ...editionNames].find((candidate) => manifestOf(candidate).name === name)
  return manifestOf(folder).version
}

/** `workspace:^` and `workspace:name@*` as ranges. */
const published = (dependencies = {}) =>
  Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => {
      if (!range.startsWith("workspace:")) return [name, range]
      const [, inside] = /^workspace:(.+)@[^@]*$/.exec(range) ?? []
      return [publishedName(inside ?? name), `^${versionOf(inside ?? name)}`]
    })
  )

/** The manifest of an edition on npm. */
export const editionManifest = (folder) => {
  const edition = manifestOf(folder)
  const source = manifestOf(edition.editionOf)
  const { access: _access, ...entries } = source.publishConfig
  return {
    name: source.name,
    version: edition.version,
    description: source.description,
    keywords: source.keywords,
    homepage: source.homepage,
    repository: { ...source.repository, directory: `packages/${folder}` },
    license: source.license,
    sideEffects: source.sideEffects,
    type: source.type,
    files: source.files,
    ...entries,
    dependencies: published(edition.dependencies),
    peerDependencies: published(edition.peerDependencies),
    engines: edition.engines
  }
}

/** Packs the editions below a folder: package folder to tarball. Throws with what went wrong. */
export const editionTarballs = async (destination) => {
  const projects = editionNames.map((name) => `packages/${name}/tsconfig.build.json`)
  for (const name of editionNames) {
    rmSync(join(root, "packages", name, "dist"), { force: true, recursive: true })
    rmSync(join(root, "packages", name, ".tsbuildinfo", "build.tsbuildinfo"), { force: true })
  }
  const built = await run("tsc", ["-b", "--pretty", "false", ...projects])
  if (built.code !== 0) throw new Error(built.output)
  for (const name of editionNames.filter(hasNodeBundles)) await bundleForNode(name)
  const entries = []
  for (const name of editionNames) {
    const staged = join(destination, name, "package")
    const source = join(root, "packages", manifestOf(name).editionOf)
    rmSync(join(destination, name), { force: true, recursive: true })
    mkdirSync(staged, { recursive: true })
    for (const part of ["dist", "src"]) {
      cpSync(join(root, "packages", name, part), join(staged, part), { recursive: true })
    }
    cpSync(join(source, "LICENSE"), join(staged, "LICENSE"))
    cpSync(join(root, "packages", name, "README.md"), join(staged, "README.md"))
    writeFileSync(join(staged, "package.json"), `${JSON.stringify(editionManifest(name), undefined, 2)}\n`)
    const packed = await run("npm", ["pack", "--pack-destination", join(destination, name)], { cwd: staged })
    if (packed.code !== 0) throw new Error(packed.output)
    const tarball = readdirSync(join(destination, name)).find((file) => file.endsWith(".tgz")) ?? ""
    entries.push([name, join(destination, name, tarball)])
  }
  return Object.fromEntries(entries)
}
