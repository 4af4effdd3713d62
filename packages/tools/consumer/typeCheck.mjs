// Type-checks the programs, and every declaration of ours that they reach, with one compiler, and emits the programs.
//
//   node typeCheck.mjs <folder of the compiler> <tsconfig.json>
//
// `skipLibCheck` is off, but only files of ours are checked: what else is installed is not ours to judge.
import { createRequire } from "node:module"
import { dirname } from "node:path"

const [compiler, config] = process.argv.slice(2)
const ts = createRequire(import.meta.url)(compiler)

const read = ts.readConfigFile(config, ts.sys.readFile)
const { errors, fileNames, options } = ts.parseJsonConfigFileContent(read.config, ts.sys, dirname(config))
const program = ts.createProgram(fileNames, options)

const isOurs = ({ fileName }) =>
  !fileName.includes("/node_modules/") ||
  /\/node_modules\/(?:@effect-posthog|effect-posthog)\/(?!.*\/node_modules\/)/.test(fileName)

const files = program.getSourceFiles().filter(isOurs)
const declarations = files.filter(({ isDeclarationFile }) => isDeclarationFile).length
const diagnostics = [
  ...errors,
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
]
for (const { code, file, messageText, start } of diagnostics) {
  const line = file === undefined ? "" : `:${file.getLineAndCharacterOfPosition(start).line + 1}`
  console.log(`${file?.fileName ?? ""}${line} TS${code} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)
}
for (const name of fileNames) program.emit(program.getSourceFile(name))
console.log(`${ts.version}: ${declarations} declarations`)
process.exitCode = diagnostics.length === 0 && declarations > 50 ? 0 : 1
