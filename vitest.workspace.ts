import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineWorkspace } from "vitest/config"

const packages = fileURLToPath(new URL("packages/", import.meta.url))

export default defineWorkspace(
  readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      test: {
        name,
        root: `${packages}${name}`,
        include: ["test/**/*.test.ts"],
        setupFiles: [`${packages}tools/vitest.setup.ts`],
        sequence: { concurrent: true },
        testTimeout: 30_000
      }
    }))
)
