// Each kind of violation, planted in a workspace that keeps every other rule, is found by the step that looks for it.
import { assert, describe, it } from "vitest"
import { withWorkspace } from "./Workspace.ts"

const steps = ["types", "effect", "lint", "cycles", "source", "documentation", "text", "guides", "format"]

const timeout = 120_000

const library = (imports: string, body: string): string =>
  `/**
 * Planted.
 *
 * @since 0.1.0
 */
${imports}
${body}`

const documented = `/**
 * Planted.
 *
 * @since 0.1.0
 * @category constructors
 */
`

interface Violation {
  readonly kind: string
  readonly step: string
  readonly file: string
  readonly content: string
  readonly finds: RegExp
}

const planted = "packages/effect-posthog/src/Planted.ts"

const violations: ReadonlyArray<Violation> = [
  {
    kind: "a type error",
    step: "types",
    file: planted,
    content: library("", `${documented}export const planted: string = 1\n`),
    finds: /Planted\.ts\(\d+,\d+\): error TS2322/
  },
  {
    kind: "a floating effect",
    step: "effect",
    file: planted,
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = (): void => {\n  Effect.log("never runs")\n}\n`
    ),
    finds: /Planted\.ts:\d+:\d+ .*floatingEffect/s
  },
  {
    kind: "a failure that is yielded without return",
    step: "effect",
    file: planted,
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = Effect.gen(function*() {\n  yield* Effect.fail("planted")\n  return 1\n})\n`
    ),
    finds: /Planted\.ts:\d+:\d+ .*missingReturnYieldStar/s
  },
  {
    kind: "an import against the arrows",
    step: "lint",
    file: "packages/evaluator/src/Planted.ts",
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = Effect.void\n`
    ),
    finds: /evaluator\/src\/Planted\.ts:\d+:\d+ .*The evaluator imports nothing/
  },
  {
    kind: "an import of a barrel",
    step: "lint",
    file: planted,
    content: library("import { Effect } from \"effect\"\n", `${documented}export const planted = Effect.void\n`),
    finds: /Planted\.ts:\d+:\d+ .*never their barrels/
  },
  {
    kind: "an import of the test kit by the library",
    step: "lint",
    file: planted,
    content: library("", `${documented}export const planted = () => import("@effect-posthog/testkit")\n`),
    finds: /Planted\.ts:\d+:\d+ .*@effect-posthog\/testkit/
  },
  {
    kind: "the system clock in a library",
    step: "lint",
    file: planted,
    content: library("", `${documented}export const planted = (): number => Date.now()\n`),
    finds: /Planted\.ts:\d+:\d+ .*Date\.now.*Clock/
  },
  {
    kind: "an effect that a library runs",
    step: "lint",
    file: planted,
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = (): void => Effect.runSync(Effect.void)\n`
    ),
    finds: /Planted\.ts:\d+:\d+ .*Effect\.runSync/
  },
  {
    kind: "a mocked module",
    step: "lint",
    file: "packages/effect-posthog/test/Planted.test.ts",
    content: "import { vi } from \"vitest\"\n\nvi.mock(\"node:fs\")\n",
    finds: /Planted\.test\.ts:\d+:\d+ .*vi\.mock/
  },
  {
    kind: "an import cycle",
    step: "cycles",
    file: planted,
    content: library(
      "import type { Planted } from \"./Planted.ts\"\n",
      `${documented}export interface Planted {\n  readonly next: Planted\n}\n`
    ),
    finds: /cycle: .*Planted\.ts/
  },
  {
    kind: "the date of now in a library",
    step: "source",
    file: planted,
    content: library("", `${documented}export const planted = (): Date => new Date()\n`),
    finds: /Planted\.ts:\d+:\d+ the time comes from Clock/
  },
  {
    kind: "an import of an undeclared package",
    step: "source",
    file: planted,
    content: library(
      "import * as Http from \"@effect/platform/HttpClient\"\n",
      `${documented}export const planted = Http\n`
    ),
    finds: /Planted\.ts:\d+:\d+ "@effect\/platform" is not declared/
  },
  {
    kind: "a focused test",
    step: "source",
    file: "packages/effect-posthog/test/Planted.test.ts",
    content: "import { it } from \"@effect/vitest\"\n\nit.effect.only(\"hides the others\", () => {})\n",
    finds: /Planted\.test\.ts:\d+:\d+ a focused test/
  },
  {
    kind: "a missing docstring",
    step: "documentation",
    file: planted,
    content: library("", "export const planted = 1\n"),
    finds: /Planted\.ts:\d+:\d+ planted has no description/
  },
  {
    kind: "an unknown category",
    step: "documentation",
    file: planted,
    content: library("", `${documented.replace("constructors", "helpers")}export const planted = 1\n`),
    finds: /Planted\.ts:\d+:\d+ planted has the category "helpers"/
  },
  {
    kind: "a path of somebody's machine",
    step: "text",
    file: "packages/effect-posthog/notes.md",
    content: `The log is in ${["", "home", "somebody", "log"].join("/")}\n`,
    finds: /notes\.md:1 a path of one machine/
  },
  {
    kind: "a stale snippet",
    step: "guides",
    file: "README.md",
    content: "<!-- file: packages/evaluator/src/Rollout.ts#inRollout -->\n```ts\nexport const inRollout = 1\n```\n",
    finds: /README\.md:2 differs from packages\/evaluator\/src\/Rollout\.ts#inRollout/
  },
  {
    kind: "a snippet that nothing compiles",
    step: "guides",
    file: "README.md",
    content: "```ts\nexport const inRollout = 1\n```\n",
    finds: /README\.md:1 .*names no file/
  },
  {
    kind: "a guide's program that fails",
    step: "guides",
    file: "packages/docs/src/failing.ts",
    content: "throw new Error(\"planted\")\n",
    finds: /packages\/docs\/src\/failing\.ts ended with 1/
  },
  {
    kind: "an unformatted file",
    step: "format",
    file: planted,
    content: library("", `${documented}export const planted = 'single quotes';\n`),
    finds: /Planted\.ts/
  }
]

describe.concurrent("check", () => {
  it(
    "passes a workspace that keeps the rules",
    withWorkspace(async (workspace) => {
      const { code, output } = await workspace.check(...steps)
      assert.strictEqual(code, 0, output)
    }),
    timeout
  )

  for (const { content, file, finds, kind, step } of violations) {
    it(
      `finds ${kind}`,
      withWorkspace(async (workspace) => {
        workspace.write(file, content)
        if (file.startsWith("packages/docs/")) {
          workspace.write(
            "packages/docs/package.json",
            "{ \"name\": \"@effect-posthog/docs\", \"type\": \"module\" }\n"
          )
        }
        const { code, output } = await workspace.check(step)
        assert.strictEqual(code, 1, output)
        assert.match(output, finds)
      }),
      timeout
    )
  }

  it(
    "writes snippets anew",
    withWorkspace(async (workspace) => {
      workspace.write(
        "README.md",
        "<!-- file: packages/evaluator/src/Rollout.ts#inRollout -->\n```ts\nexport const inRollout = 1\n```\n"
      )
      await workspace.check("guides", "--write")
      const { code, output } = await workspace.check("guides")
      assert.strictEqual(code, 0, output)
    }),
    timeout
  )

  it(
    "does not pass when there is nothing to look at",
    withWorkspace(async (workspace) => {
      workspace.remove("packages/evaluator")
      workspace.remove("packages/effect-posthog")
      for (const step of ["effect", "cycles"]) {
        const { code, output } = await workspace.check(step)
        assert.strictEqual(code, 1, `${step}: ${output}`)
      }
    }),
    timeout
  )

  it(
    "knows its steps",
    withWorkspace(async (workspace) => {
      const { code, output } = await workspace.check("no-such-step")
      assert.strictEqual(code, 2)
      assert.match(output, /Unknown step: no-such-step/)
    }),
    timeout
  )
})
