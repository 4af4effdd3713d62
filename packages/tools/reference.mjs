// The reference of each library: docgen writes it to `packages/*/.docgen/modules`, which is not committed, and insists on a
// description of every export.
import { rmSync } from "node:fs"
import { join } from "node:path"
import { isFile, publishable, root, run } from "./checks/workspace.mjs"

/** What docgen printed, without its progress and its own stack. */
const readable = (output) =>
  output.split("\n").filter((line) => !/ INFO \(|docgen\/bin\.cjs|^\s*$/.test(line)).join("\n").trim()

let failed = false
for (const name of publishable) {
  const folder = join(root, "packages", name)
  rmSync(join(folder, ".docgen"), { force: true, recursive: true })
  const result = isFile(join(folder, "docgen.json"))
    ? await run("docgen", [], { cwd: folder })
    : { code: 1, output: "docgen.json is missing" }
  console.log(`${name.padEnd(20)} ${result.code === 0 ? "ok" : `failed\n${readable(result.output)}`}`)
  failed ||= result.code !== 0
}
process.exitCode = failed ? 1 : 0
