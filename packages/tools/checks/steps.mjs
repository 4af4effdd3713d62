import { cycles } from "./cycles.mjs"
import { effect } from "./effect.mjs"
import { format } from "./format.mjs"
import { lint } from "./lint.mjs"
import { types } from "./types.mjs"

/** The steps of the check: each resolves with its problems, none when it passed. Long ones come first. */
export const steps = [
  { name: "types", run: types },
  { name: "effect", run: effect },
  { name: "lint", run: lint },
  { name: "cycles", run: cycles },
  { name: "format", run: format }
]
