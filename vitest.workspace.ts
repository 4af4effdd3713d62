import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineWorkspace } from "vitest/config"

const packages = fileURLToPath(new URL("packages/", import.meta.url))

// `OPENFEATURE_SDK=1.17` tests the OpenFeature provider with the oldest SDK that it supports.
const openFeatureSdk = process.env["OPENFEATURE_SDK"]
const alias = openFeatureSdk === undefined
  ? {}
  : { "@openfeature/server-sdk": `openfeature-server-sdk-${openFeatureSdk}` }

export default defineWorkspace(
  readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      resolve: { alias: name === "openfeature" ? alias : {} },
      test: {
        name,
        root: `${packages}${name}`,
        include: ["test/**/*.test.ts"],
        // The tests of the Effect 4 editions have no `@effect/vitest` to set up.
        setupFiles: name.endsWith("-4") ? [] : [`${packages}tools/vitest.setup.ts`],
        testTimeout: 60_000
      }
    }))
)
