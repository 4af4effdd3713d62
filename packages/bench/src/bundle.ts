import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Where the programs are that the processes of a run execute. */
export const output = folder("../build/programs/")

/**
 * Compiles the programs that are measured, our packages included, to plain JavaScript. Run from their sources they would
 * be compiled on the fly by `tsx`, which wraps every named function, and be slower than what is published.
 */
export const bundle = async (): Promise<void> => {
  const manifest = JSON.parse(readFileSync(folder("../package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly devDependencies: Readonly<Record<string, string>>
  }
  const external = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([, version]) => !version.startsWith("workspace:"))
    .flatMap(([name]) => [name, `${name}/*`])
  await build({
    entryPoints: [
      "scenario.ts",
      "loopback.ts",
      "probe.ts",
      "soak/process.ts",
      "definitions/process.ts",
      "definitions/server.ts",
      "durability/process.ts",
      "durability/costs.ts",
      "fleet/process.ts"
    ].map((name) => folder(`./${name}`)),
    outdir: output,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external,
    logLevel: "warning"
  })
}

/** The packages that an application of flags and events loads, by their folders. */
const packages = ["evaluator", "effect-posthog"]

/**
 * Compiles the probes a second time, into a folder in which our packages are installed as they are published, with the
 * files that Node.js loads of them (decision 31). The programs that {@link bundle} makes are divided otherwise.
 */
export const bundleOverPublished = async (): Promise<void> => {
  const workspace = folder("../../..")
  const node = (...args: ReadonlyArray<string>) =>
    execFileSync(process.execPath, args, { cwd: workspace, stdio: ["ignore", 2, 2] })
  const program = join(output, "published")
  rmSync(program, { force: true, recursive: true })
  for (const name of packages) {
    // From nothing, so that no module that was removed lingers.
    rmSync(join(workspace, "packages", name, "dist"), { force: true, recursive: true })
    rmSync(join(workspace, "packages", name, ".tsbuildinfo/build.tsbuildinfo"), { force: true })
  }
  node(
    "node_modules/typescript/bin/tsc",
    "-b",
    "--noCheck",
    ...packages.map((name) => `packages/${name}/tsconfig.build.json`)
  )
  for (const name of packages) {
    node("packages/tools/checks/nodeBundles.mjs", name)
    const source = join(workspace, "packages", name)
    const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as {
      readonly name: string
      readonly publishConfig: object
    }
    const installed = join(program, "node_modules", manifest.name)
    cpSync(join(source, "dist"), join(installed, "dist"), { recursive: true })
    writeFileSync(join(installed, "package.json"), JSON.stringify({ ...manifest, ...manifest.publishConfig }))
  }
  await build({
    entryPoints: [folder("./probe.ts")],
    outdir: program,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning"
  })
}
