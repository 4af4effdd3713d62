import { editionNames, verdict } from "./workspace.mjs"

/**
 * dprint, with `dprint.json`: says which files are not formatted, or with `--write` formats them, and renews what is
 * generated from them.
 */
export const format = async ({ write }) => {
  const problems = await verdict("dprint", [write ? "fmt" : "check", "--config", "packages/tools/dprint.json"])
  if (!write || editionNames.length === 0 || problems.length > 0) return problems
  return verdict("node", ["packages/tools/editions.mjs"])
}
