import { cycles } from "./cycles.mjs"
import { documentation } from "./documentation.mjs"
import { effect } from "./effect.mjs"
import { format } from "./format.mjs"
import { lint } from "./lint.mjs"
import { source } from "./source.mjs"
import { types } from "./types.mjs"

/** The steps of the check: each resolves with its problems, none when it passed. Long ones come first. */
export const steps = [
  { name: "types", run: types },
  { name: "effect", run: effect },
  { name: "lint", run: lint },
  { name: "cycles", run: cycles },
  { name: "source", run: source },
  { name: "documentation", run: documentation },
  { name: "format", run: format }
]
