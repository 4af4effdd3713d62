import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { light } from "./install.mjs"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** Files that take 4 seconds and more, most of it to wait: they begin first, so that none is left alone at the end. */
const long =
  /(remoteEvaluation|interruption|shared|deliveryFaults|timeLimit|embedded|shutdown|program|dates|serverProgram)\.test\.ts$/

class LongFilesFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    const sorted = await super.sort(files)
    return [...sorted.filter((file) => long.test(file.moduleId)), ...sorted.filter((file) => !long.test(file.moduleId))]
  }
}

// `npm test` runs the light packages as one project: as seven, each would wait for the one before it, transform its
// sources anew and start processes of its own. A worker evaluates a module once for all test files, which saves most of
// the processor time that a file costs. There is one worker more than processors, since many tests wait.
const workers = availableParallelism() + 1

export default defineConfig({
  root,
  test: {
    include: light.map((name) => `packages/${name}/test/**/*.test.ts`),
    setupFiles: [`${root}packages/tools/vitest.setup.ts`],
    testTimeout: 60_000,
    pool: "forks",
    maxWorkers: workers,
    // As many, or an idle worker can be ended twice, which fails the run.
    minWorkers: workers,
    isolate: false,
    sequence: { sequencer: LongFilesFirst }
  }
})
