import { readFileSync } from "node:fs"

// The manifest is one folder up, from the sources and from the bundle alike.
const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

/** The version of this program. */
export const { version } = manifest
