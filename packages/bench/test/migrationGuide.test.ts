import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const packageRoot = new URL("../", import.meta.url)
const guide = readFileSync(new URL("../docs/migrating-from-posthog-node.md", packageRoot), "utf8")

/** The names of what a type has, as posthog-node's own declarations tell. */
const namesOf = (types: ReadonlyArray<"PostHog" | "PostHogOptions">): ReadonlyArray<string> => {
  const path = fileURLToPath(new URL("posthogNode.ts", packageRoot))
  const source = `import type { ${types.join(", ")} } from "posthog-node"\n` +
    types.map((type) => `export declare const a${type}: ${type}`).join("\n")
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    types: []
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, source, ts.ScriptTarget.ESNext) : getSourceFile(name, ...rest)
  const program = ts.createProgram([path], options, host)
  const checker = program.getTypeChecker()
  const file = program.getSourceFile(path)
  const module = file && checker.getSymbolAtLocation(file)
  return (module === undefined ? [] : checker.getExportsOfModule(module)).flatMap((symbol) =>
    checker.getTypeOfSymbol(symbol).getProperties()
      .filter(({ declarations = [] }) =>
        declarations.every((declaration) =>
          (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0
        )
      )
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("_") || name.startsWith("__preview"))
  )
}

const unanswered = (names: ReadonlyArray<string>) =>
  names.filter((name) => !new RegExp(`[\`(. ]${name}[\`(,: ]`).test(guide)).sort()

describe("the migration guide", () => {
  it("answers every option of posthog-node", () => {
    const names = namesOf(["PostHogOptions"])
    deepStrictEqual(names.includes("flushAt"), true)
    deepStrictEqual(unanswered(names), [])
  })

  it("answers every call of its client", () => {
    const names = namesOf(["PostHog"])
    deepStrictEqual(names.includes("capture"), true)
    deepStrictEqual(unanswered(names), [])
  })
})
