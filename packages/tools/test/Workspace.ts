// A workspace of two small packages that keeps every rule, in a temporary folder, with the real checks in it.
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))

export interface Workspace {
  readonly write: (file: string, content: string) => void
  readonly remove: (file: string) => void
  readonly check: (...steps: ReadonlyArray<string>) => Promise<Outcome>
}

export interface Outcome {
  readonly code: number
  readonly output: string
}

/** Makes a workspace, uses it, and removes it. */
export const withWorkspace = async <A>(use: (workspace: Workspace) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-checks-"))
  try {
    const write = (file: string, content: string): void => {
      const path = join(folder, file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
    for (const [file, content] of Object.entries(files)) write(file, content)
    for (const file of ["tsconfig.base.json", "package.json", "pnpm-workspace.yaml", ".changeset/config.json"]) {
      cpSync(join(root, file), join(folder, file))
    }
    cpSync(join(root, "packages/tools"), join(folder, "packages/tools"), {
      recursive: true,
      filter: (source) => !/[/\\](?:node_modules|build|\.tsbuildinfo|test|tsconfig\.json)$/.test(source)
    })
    for (const modules of ["node_modules", "packages/tools/node_modules"]) {
      symlinkSync(join(root, modules), join(folder, modules), "junction")
    }
    await execute("git", ["init", "--quiet"], folder)
    await execute("git", [...author, "commit", "--quiet", "--allow-empty", "--message", "Start"], folder)
    return await use({
      write,
      remove: (file) => rmSync(join(folder, file), { recursive: true, force: true }),
      check: (...steps) => execute(process.execPath, ["packages/tools/check.mjs", ...steps], folder)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const author = ["-c", "user.name=A test", "-c", "user.email=test@example.com"]

const execute = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  new Promise<Outcome>((resolve) => {
    execFile(command, [...args], { cwd, encoding: "utf8" }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` })
    })
  })

const project = (name: string, references: ReadonlyArray<string>) => ({
  [`packages/${name}/tsconfig.json`]: json({
    extends: "../../tsconfig.base.json",
    include: ["src"],
    references: references.map((path) => ({ path: `../${path}` })),
    compilerOptions: {
      lib: ["ES2022", "DOM"],
      types: ["node"],
      rootDir: "src",
      outDir: "build/src",
      tsBuildInfoFile: ".tsbuildinfo/src.tsbuildinfo",
      emitDeclarationOnly: true
    }
  })
})

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

const files = {
  ".gitignore": "node_modules\nbuild\n.tsbuildinfo\n.docgen\n",
  "README.md": [
    "# Two packages",
    "",
    "<!-- file: packages/evaluator/src/Rollout.ts#inRollout -->",
    "```ts",
    "export const inRollout = (hash: number, percentage: number): boolean => hash * 100 < percentage",
    "```",
    ""
  ].join("\n"),
  "packages/tools/tsconfig.json": json({
    files: [],
    references: [{ path: "../evaluator" }, { path: "../effect-posthog" }]
  }),
  "packages/evaluator/package.json": json({
    name: "@effect-posthog/evaluator",
    version: "1.0.0",
    homepage: "https://example.com",
    type: "module",
    exports: { "./*": "./src/*.ts" }
  }),
  "packages/docs/decisions/README.md": "# Decisions\n\n[0001](./0001-two-packages.md)\n",
  "packages/docs/decisions/0001-two-packages.md": "# 1. Two packages\n",
  ...project("evaluator", []),
  "packages/evaluator/src/Rollout.ts": `/**
 * Rollouts.
 *
 * @since 1.0.0
 */

/**
 * Whether a hash in [0, 1) is inside a rollout of so many percent.
 *
 * @since 1.0.0
 * @category getters
 */
// #region inRollout
export const inRollout = (hash: number, percentage: number): boolean => hash * 100 < percentage
// #endregion
`,
  "packages/docs/package.json": json({ name: "@effect-posthog/docs", private: true, type: "module" }),
  "packages/effect-posthog/package.json": json({
    name: "effect-posthog",
    version: "3.0.0",
    homepage: "https://example.com",
    type: "module",
    exports: { ".": "./src/index.ts", "./*": "./src/*.ts" },
    peerDependencies: { effect: "^3.22.2" }
  }),
  ...project("effect-posthog", ["evaluator"]),
  "packages/effect-posthog/src/Name.ts": `/**
 * Names.
 *
 * @since 3.0.0
 */

/**
 * A name.
 *
 * @since 3.0.0
 * @category models
 */
export type Name = string
`,
  // Each describes the other in its types, which is no cycle.
  "packages/effect-posthog/src/internal/salutation.ts": `import type { greet } from "../Greeting.ts"
import type { Name } from "../Name.ts"

/** @internal */
export const salutation = (name: Name): string => \`Hello, \${name}\`

/** @internal */
export type Greet = typeof greet
`,
  "packages/effect-posthog/src/Greeting.ts": `/**
 * Greetings.
 *
 * @since 3.0.0
 */
import * as Effect from "effect/Effect"
import { salutation } from "./internal/salutation.ts"

/**
 * Greets on the log.
 *
 * @since 3.0.0
 * @category constructors
 */
export const greet = (name: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* Effect.log(salutation(name))
    yield* Effect.log("Goodbye")
  })
`
}
