import { verdict } from "./workspace.mjs"

export const format = () => verdict("dprint", ["check", "--config", "packages/tools/dprint.json"])
