import { cycles } from "./cycles.mjs"
import { documentation } from "./documentation.mjs"
import { effect } from "./effect.mjs"
import { examples } from "./examples.mjs"
import { format } from "./format.mjs"
import { guides } from "./guides.mjs"
import { lint } from "./lint.mjs"
import { packages } from "./packages.mjs"
import { releases } from "./releases.mjs"
import { source } from "./source.mjs"
import { text } from "./text.mjs"
import { types } from "./types.mjs"
import { typeTests } from "./typeTests.mjs"

/** The steps of the check: each resolves with its problems, none when it passed. Long ones come first. */
export const steps = [
  { name: "types", run: types },
  { name: "examples", run: examples },
  { name: "packages", run: packages },
  { name: "effect", run: effect },
  { name: "guides", run: guides },
  { name: "type-tests", run: typeTests },
  { name: "lint", run: lint },
  { name: "cycles", run: cycles },
  { name: "source", run: source },
  { name: "documentation", run: documentation },
  { name: "releases", run: releases },
  { name: "text", run: text },
  { name: "format", run: format }
]
