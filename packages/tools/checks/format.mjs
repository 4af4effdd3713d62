import { verdict } from "./workspace.mjs"

/** dprint, with `dprint.json`: says which files are not formatted, or with `--write` formats them. */
export const format = ({ write }) =>
  verdict("dprint", [write ? "fmt" : "check", "--config", "packages/tools/dprint.json"])
