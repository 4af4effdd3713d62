import { build } from "esbuild"
import { readFileSync } from "node:fs"
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
