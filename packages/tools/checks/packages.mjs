// Each publishable package as its users get it: built from nothing, packed, and the tarball judged by publint and by
// "are the types wrong".
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative, sep } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import ts from "typescript"
import { build, pack } from "./tarballs.mjs"
import { bundled, filesBelow, manifestOf, publishable, root, run, shown, sourceFiles } from "./workspace.mjs"

export const packages = async () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-packages-"))
  try {
    // The step `types` checks the same sources.
    const built = await build({ isChecked: true })
    if (built.length > 0) return built
    const judged = await Promise.all([...publishable, ...bundled].map((name) => judge(name, join(folder, name))))
    return [...judged.flat(), ...declarations()]
  } finally {
    rmSync(folder, { force: true, recursive: true })
  }
}

/** The emitted declarations hold together: none mentions what was stripped from them as internal. */
const declarations = () => {
  const files = publishable.flatMap((name) =>
    filesBelow(join(root, "packages", name, "dist"), (file) => file.endsWith(".d.ts"))
  )
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    noEmit: true
  })
  return files
    .flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)))
    .map(({ file, messageText, start }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, "\n")
      if (file === undefined || start === undefined) return text
      return `${shown(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} ${text}`
    })
}

const judge = async (name, destination) => {
  const { problems, tarball } = await pack(name, destination)
  if (tarball === undefined) return problems
  const isBundle = bundled.includes(name)
  const [layout, types] = await Promise.all([judgeLayout(tarball), isBundle ? [] : judgeTypes(name, tarball)])
  const needed = isBundle ? Object.keys({ ...manifestOf(name).dependencies, ...manifestOf(name).peerDependencies }) : []
  return [
    ...layout,
    ...types,
    ...needed.map((dependency) => `a bundle brings ${dependency} with it, and needs nothing`)
  ].map((problem) => `packages/${name}: ${problem}`)
}

/** What publint says of a tarball. */
export const judgeLayout = async (tarball) => {
  const bytes = readFileSync(tarball)
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const { messages, pkg } = await publint({ pack: { tarball: content }, strict: true })
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`),
    ...workspaceVersions(pkg)
  ]
}

/** A dependency on a package of the workspace is published as a version, never as `workspace:`. */
const workspaceVersions = (manifest) =>
  ["dependencies", "peerDependencies"].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, version]) => version.startsWith("workspace:"))
      .map(([dependency, version]) => `${kind} has ${dependency}: ${version}`)
  )

/** What "are the types wrong" says of the tarball of a package. */
export const judgeTypes = async (name, tarball) => {
  const options = ["--profile", "esm-only", "--no-definitely-typed", "--no-emoji", "--no-color", "--format", "ascii"]
  const result = await run("attw", [tarball, ...options, "--entrypoints", ...entryPoints(name)])
  if (result.code === 0) return []
  const wrong = result.output.split("***********************************").filter(isWrong)
  return wrong.length === 0 ? [result.output] : wrong.map((entry) => `attw: ${entry.trim()}`)
}

/** Whether attw's paragraph on an entry point has a resolution that is neither good nor ignored by the profile. */
const isWrong = (entry) =>
  entry.split("\n").some((line) => /^(?:node16|bundler)/.test(line) && !/: (?:OK|\(ignored\))/.test(line))

/** The modules that users can import: all but those that the package's `exports` forbids. */
const entryPoints = (name) => {
  const sources = join(root, "packages", name, "src")
  const forbidden = Object.entries(manifestOf(name).exports)
    .filter(([, target]) => target === null)
    .map(([pattern]) => pattern.replace(/\*$/, ""))
  return sourceFiles(name)
    .map((file) => `./${relative(sources, file).split(sep).join("/").replace(/\.ts$/, "")}`)
    .map((module) => (module === "./index" ? "." : module))
    .filter((module) => !forbidden.some((prefix) => prefix.endsWith("/") && module.startsWith(prefix)))
}
