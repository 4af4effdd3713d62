// Every project of the workspace, in the order of its references: the references are the allowed dependencies.
import { verdict } from "./workspace.mjs"

export const types = () => verdict("tsc", ["-b", "--pretty", "false", "packages/tools/tsconfig.json"])
