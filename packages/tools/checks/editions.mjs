// The Effect 4 editions: they are what their sources give, they compile, and nothing of Effect 3 is in their programs.
import { command, differences } from "../editions.mjs"
import { editionNames, run } from "./workspace.mjs"

export const editions = async () => {
  if (editionNames.length === 0) return []
  const different = differences()
  if (different.length > 0) return [...different, `Renew the editions, and commit them: ${command}`]
  const projects = editionNames.map((name) => `packages/${name}`)
  const compiled = await run("tsc", ["-b", "--pretty", "false", ...projects])
  if (compiled.code !== 0) {
    return [compiled.output, `An edit or a rule in packages/tools/editions is missing; then: ${command}`]
  }
  const programs = await Promise.all(
    projects.map((project) => run("tsc", ["-p", `${project}/tsconfig.src.json`, "--listFilesOnly"]))
  )
  return programs.flatMap(({ code, output, stdout }, index) => {
    if (code !== 0) return [output]
    const foreign = stdout.split("\n").filter((file) => /\/(?:effect@3|@effect\+(?:platform|rpc|workflow)@)/.test(file))
    return foreign.map((file) => `${projects[index]} compiles ${file}`)
  })
}
