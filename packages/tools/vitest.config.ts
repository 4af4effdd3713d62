import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import projects from "../../vitest.workspace.ts"

// What `npm test -- --project NAME` adds to the projects of the workspace. A worker evaluates a module once for all test
// files of a package, which saves most of the processor time that a file costs.
export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  test: {
    projects,
    pool: "forks",
    maxWorkers: availableParallelism(),
    minWorkers: 1,
    isolate: false
  }
})
