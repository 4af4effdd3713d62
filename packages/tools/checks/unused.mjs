import { verdict } from "./workspace.mjs"

/** Knip, with `knip.json`: files, dependencies and exports that nothing uses, and packages that nobody declared. */
export const unused = () =>
  verdict("knip", ["--config", "packages/tools/knip.json", "--no-progress", "--no-config-hints"])
