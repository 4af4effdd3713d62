// The Effect language service's diagnostics, for every module of every package's `src`, with the severities that
// `tsconfig.base.json` sets; errors and warnings fail the step. Of its rules tests keep those whose violation makes a test
// pass that tests nothing; benchmarks may print.
//
// `effect-language-service diagnostics` is not used: under NodeNext, `import * as Effect from "effect/Effect"` reaches
// a CommonJS declaration file through a synthetic namespace, in which the language service does not recognise
// `Effect.gen` and its like, so that most rules stay silent without a word. Resolving as a bundler does avoids that.
// The function called here is the one that the language service adds to a patched `tsc`.
import languageService from "@effect/language-service/effect-lsp-patch-utils.js"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import ts from "typescript"
import { packageNames, root, shown, sourceFiles } from "./workspace.mjs"

const rulesOfTests = ["floatingEffect", "missingStarInYieldEffectGen", "effectInVoidSuccess"]

// They print, and drive libraries of promises.
const rulesNotOfBenchmarks = ["globalConsoleInEffect", "newPromise"]

const isTest = (file) => shown(file).includes("/test/")

const isLaxer = (file, text) =>
  (isTest(file) && !rulesOfTests.some((rule) => text.includes(`effect(${rule})`))) ||
  (shown(file).startsWith("packages/bench/") && rulesNotOfBenchmarks.some((rule) => text.includes(`effect(${rule})`)))

/** Every rule of the language service, with its severity unless the configuration says another. */
const defaults = () => {
  const file = createRequire(import.meta.url).resolve("@effect/language-service/schema.json")
  const { definitions } = JSON.parse(readFileSync(file, "utf8"))
  const { properties } = definitions.effectLanguageServicePluginDiagnosticSeverityDefinition
  return Object.entries(properties).map(([rule, { default: severity }]) => [rule, severity])
}

/** With the rules switched off whose findings are not looked at: they would run all the same. */
const withRules = (options, isLookedAt) => ({
  ...options,
  plugins: options.plugins.map((plugin) => ({
    ...plugin,
    diagnosticSeverity: Object.fromEntries(
      [...defaults(), ...Object.entries(plugin.diagnosticSeverity)].map(([rule, severity]) => [
        rule,
        (severity === "error" || severity === "warning") && isLookedAt(rule) ? severity : "off"
      ])
    )
  }))
})

export const effect = () => {
  const files = packageNames.flatMap((name) => [...sourceFiles(name), ...sourceFiles(name, "test")])
  const options = compilerOptions()
  const program = ts.createProgram(files, options)
  const ofTests = withRules(options, (rule) => rulesOfTests.includes(rule))
  const ofOthers = withRules(options, () => true)
  const problems = []
  let checked = 0
  for (const file of files) {
    const sourceFile = program.getSourceFile(file)
    if (sourceFile === undefined) {
      problems.push(`${shown(file)} was not checked`)
      continue
    }
    checked += 1
    languageService.checkSourceFileWorker(
      ts,
      program,
      sourceFile,
      isTest(file) ? ofTests : ofOthers,
      (diagnostic) => {
        const text = render(diagnostic)
        if (!isLaxer(file, text)) problems.push(text)
      },
      "typescript"
    )
  }
  if (checked === 0) problems.push("checked 0 files: nothing was looked at, which is not a pass")
  return problems
}

const compilerOptions = () => {
  const { config, error } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile)
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"))
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const plugins = config.compilerOptions.plugins ?? []
  if (!plugins.some((plugin) => plugin.name === "@effect/language-service")) {
    throw new Error("tsconfig.base.json does not configure @effect/language-service")
  }
  return {
    ...options,
    plugins,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: ["node"],
    composite: false,
    incremental: false,
    noEmit: true
  }
}

const render = (diagnostic) => {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")
  if (diagnostic.file === undefined || diagnostic.start === undefined) return text
  const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
  return `${shown(diagnostic.file.fileName)}:${line + 1}:${character + 1} ${text}`
}
