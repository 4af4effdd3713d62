import { verdict } from "./workspace.mjs"

/** The tests of the checks themselves, which plant a violation of each rule and see its step find it. */
export const selfTest = () => verdict("vitest", ["run", "--project", "tools", "--reporter", "dot"])
