import { join } from "node:path"
import { packageNames, root, run, sourceFiles } from "./workspace.mjs"

/** What types promise: `packages/*\/dtslint/*.tst.ts`, read by tstyche. */
export const typeTests = async () => {
  const files = packageNames.flatMap((name) => sourceFiles(name, "dtslint"))
  if (files.length === 0) return ["there is no type test"]
  const result = await run("tstyche", ["--config", join(root, "packages", "tools", "tstyche.json")])
  return result.code === 0 ? [] : [result.output]
}
