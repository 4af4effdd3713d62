// Each kind of violation, planted in a workspace that keeps every other rule, is found by the step that looks for it.
import { assert, describe, it } from "vitest"
import { type Outcome, withWorkspace } from "./Workspace.ts"

const steps = [
  "types",
  "effect",
  "lint",
  "cycles",
  "layers",
  "source",
  "documentation",
  "releases",
  "text",
  "guides",
  "format"
]

const timeout = 120_000

const library = (imports: string, body: string): string =>
  `/**
 * Planted.
 *
 * @since 3.0.0
 */
${imports}
${body}`

const documented = `/**
 * Planted.
 *
 * @since 3.0.0
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

const violations: ReadonlyArray<Violation> = [
  {
    kind: "a type error",
    step: "types",
    file: "packages/effect-posthog/src/TypeError.ts",
    content: library("", `${documented}export const planted: string = 1\n`),
    finds: /TypeError\.ts\(\d+,\d+\): error TS2322/
  },
  {
    kind: "a floating effect",
    step: "effect",
    file: "packages/effect-posthog/src/FloatingEffect.ts",
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = (): void => {\n  Effect.log("never runs")\n}\n`
    ),
    finds: /FloatingEffect\.ts:\d+:\d+ .*floatingEffect/
  },
  {
    kind: "a floating effect in a test",
    step: "effect",
    file: "packages/effect-posthog/test/FloatingEffect.test.ts",
    content: "import { Effect } from \"effect\"\n\nEffect.log(\"never runs\")\n",
    finds: /FloatingEffect\.test\.ts:\d+:\d+ .*floatingEffect/
  },
  {
    kind: "a failure that is yielded without return",
    step: "effect",
    file: "packages/effect-posthog/src/MissingReturn.ts",
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = Effect.gen(function*() {\n  yield* Effect.fail("planted")\n  return 1\n})\n`
    ),
    finds: /MissingReturn\.ts:\d+:\d+ .*missingReturnYieldStar/
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
    file: "packages/effect-posthog/src/Barrel.ts",
    content: library("import { Effect } from \"effect\"\n", `${documented}export const planted = Effect.void\n`),
    finds: /Barrel\.ts:\d+:\d+ .*never their barrels/
  },
  {
    kind: "an import of the test kit by the library",
    step: "lint",
    file: "packages/effect-posthog/src/Upwards.ts",
    content: library("", `${documented}export const planted = () => import("@effect-posthog/testkit")\n`),
    finds: /Upwards\.ts:\d+:\d+ .*@effect-posthog\/testkit/
  },
  {
    kind: "the system clock in a library",
    step: "lint",
    file: "packages/effect-posthog/src/SystemClock.ts",
    content: library("", `${documented}export const planted = (): number => Date.now()\n`),
    finds: /SystemClock\.ts:\d+:\d+ .*Date\.now.*Clock/
  },
  {
    kind: "an effect that a library runs",
    step: "lint",
    file: "packages/effect-posthog/src/RunsEffects.ts",
    content: library(
      "import * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = (): void => Effect.runSync(Effect.void)\n`
    ),
    finds: /RunsEffects\.ts:\d+:\d+ .*Effect\.runSync/
  },
  {
    kind: "a mocked module",
    step: "lint",
    file: "packages/effect-posthog/test/Mocked.test.ts",
    content: "import { vi } from \"vitest\"\n\nvi.mock(\"node:fs\")\n",
    finds: /Mocked\.test\.ts:\d+:\d+ .*vi\.mock/
  },
  {
    kind: "an import cycle",
    step: "cycles",
    file: "packages/effect-posthog/src/There.ts",
    content: library("import { back } from \"./Back.ts\"\n", `${documented}export const there = (): number => back\n`),
    finds: /cycle: .*Back\.ts/
  },
  {
    kind: "an import cycle that a re-export closes",
    step: "cycles",
    file: "packages/effect-posthog/src/Back.ts",
    content: library("export { there } from \"./There.ts\"\n", `${documented}export const back: number = 1\n`),
    finds: /cycle: .*There\.ts/
  },
  {
    kind: "an internal module that imports a public one built from internal modules",
    step: "layers",
    file: "packages/effect-posthog/src/internal/upwards.ts",
    content: library(
      "import { greet } from \"../Greeting.ts\"\n",
      "/** @internal */\nexport const planted = greet\n"
    ),
    finds: /internal\/upwards\.ts:\d+:\d+ an internal module imports packages\/effect-posthog\/src\/Greeting\.ts/
  },
  {
    kind: "the date of now in a library",
    step: "source",
    file: "packages/effect-posthog/src/Now.ts",
    content: library("", `${documented}export const planted = (): Date => new Date()\n`),
    finds: /Now\.ts:\d+:\d+ the time comes from Clock/
  },
  {
    kind: "a private member written with a hash",
    step: "source",
    file: "packages/effect-posthog/src/Hash.ts",
    content: library(
      "",
      `/**
 * Planted.
 *
 * @since 3.0.0
 * @category models
 */
export class Planted {
  readonly #one = 1

  /** Its value. */
  get value(): number {
    return this.#one
  }
}
`
    ),
    finds: /Hash\.ts:\d+:\d+ a private member is written `private one`/
  },
  {
    kind: "a fiber that is resumed in the middle of something",
    step: "source",
    file: "packages/effect-posthog/src/Resumes.ts",
    content: library(
      "import * as Deferred from \"effect/Deferred\"\nimport * as Effect from \"effect/Effect\"\n",
      `${documented}export const planted = (done: Deferred.Deferred<void>): void => Deferred.unsafeDone(done, Effect.void)\n`
    ),
    finds: /Resumes\.ts:\d+:\d+ other fibers are resumed and interrupted through wake/
  },
  {
    kind: "a module of Node that is imported without a guard",
    step: "source",
    file: "packages/effect-posthog/src/Unguarded.ts",
    content: library(
      "",
      `const zlibModule = "node:zlib"\n\n${documented}export const planted = () => import(zlibModule)\n`
    ),
    finds: /Unguarded\.ts:\d+:\d+ a module of Node is named by a constant/
  },
  {
    kind: "an import of an undeclared package",
    step: "source",
    file: "packages/effect-posthog/src/Undeclared.ts",
    content: library(
      "import * as Http from \"@effect/platform/HttpClient\"\n",
      `${documented}export const planted = Http\n`
    ),
    finds: /Undeclared\.ts:\d+:\d+ "@effect\/platform" is not declared/
  },
  {
    kind: "a focused test",
    step: "source",
    file: "packages/effect-posthog/test/Focused.test.ts",
    content: "import { it } from \"@effect/vitest\"\n\nit.effect.only(\"hides the others\", () => {})\n",
    finds: /Focused\.test\.ts:\d+:\d+ a focused test/
  },
  {
    kind: "a missing docstring",
    step: "documentation",
    file: "packages/effect-posthog/src/Undocumented.ts",
    content: library("", "export const planted = 1\n"),
    finds: /Undocumented\.ts:\d+:\d+ planted has no description/
  },
  {
    kind: "a version before the first release",
    step: "documentation",
    file: "packages/effect-posthog/src/TooOld.ts",
    content: library("", `${documented.replace("3.0.0", "0.1.0")}export const planted = 1\n`),
    finds: /TooOld\.ts:\d+:\d+ planted has no @since 3\.x\.x/
  },
  {
    kind: "an unknown category",
    step: "documentation",
    file: "packages/effect-posthog/src/UnknownCategory.ts",
    content: library("", `${documented.replace("constructors", "helpers")}export const planted = 1\n`),
    finds: /UnknownCategory\.ts:\d+:\d+ planted has the category "helpers"/
  },
  {
    kind: "an example whose assertion does not hold",
    step: "examples",
    file: "packages/evaluator/src/WrongExample.ts",
    content: library(
      "",
      `/**
 * Planted.
 *
 * @example
 * import { one } from "@effect-posthog/evaluator/WrongExample"
 *
 * assert.strictEqual(one, 2)
 *
 * @since 1.0.0
 * @category constructors
 */
export const one: number = 1
`
    ),
    finds: /packages\/evaluator: [^]*AssertionError/
  },
  {
    kind: "an example of a class whose assertion does not hold",
    step: "examples",
    file: "packages/effect-posthog/src/WrongClassExample.ts",
    content: library(
      "",
      `/**
 * Planted.
 *
 * @example
 * import { One } from "effect-posthog/WrongClassExample"
 *
 * assert.strictEqual(new One().value, 2)
 *
 * @since 3.0.0
 * @category models
 */
export class One {
  readonly value: number = 1
}
`
    ),
    finds: /packages\/effect-posthog: examples[^]*WrongClassExample\.ts:\d+\n[^]*AssertionError/
  },
  {
    kind: "an example in a description that does not compile",
    step: "examples",
    file: "packages/effect-posthog/src/WrongDescription.ts",
    content: `/**
 * Planted.
 *
 * @since 3.0.0
 */

/**
 * Planted.
 *
 * **Example** (One)
 *
 * \`\`\`ts
 * const one: string = 1
 * \`\`\`
 *
 * @since 3.0.0
 * @category constructors
 */
export const one: number = 1
`,
    finds: /packages\/effect-posthog: examples[^]*WrongDescription\.ts:7\n[^]*TS2322/
  },
  {
    kind: "a major version of a package whose major version is Effect's",
    step: "releases",
    file: ".changeset/planted.md",
    content: "---\n\"effect-posthog\": major\n---\n\nPlanted.\n",
    finds: /\.changeset\/planted\.md asks for a major version of effect-posthog/
  },
  {
    kind: "a package that no changeset releases for the first time",
    step: "releases",
    file: "packages/testkit/package.json",
    content: "{ \"name\": \"@effect-posthog/testkit\", \"version\": \"3.0.0-0\", \"exports\": {} }\n",
    finds: /@effect-posthog\/testkit stands at 3\.0\.0-0, and no changeset releases it/
  },
  {
    kind: "a version that is not the package's",
    step: "releases",
    file: "packages/effect-posthog/src/internal/library.ts",
    content: "/** @internal */\nexport const version = \"2.9.9\"\n",
    finds: /library\.ts says 2\.9\.9, package\.json says 3\.0\.0/
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
    finds: /^ *README\.md:2 differs from packages\/evaluator\/src\/Rollout\.ts#inRollout/m
  },
  {
    kind: "an excerpt without the imports that it needs",
    step: "guides",
    file: "packages/docs/excerpt.md",
    content: "<!-- file: packages/docs/src/failing.ts#path -->\n```ts\nexport const path = join(\"a\", \"b\")\n```\n",
    finds: /packages\/docs\/excerpt\.md:2 differs from packages\/docs\/src\/failing\.ts#path/
  },
  {
    kind: "a snippet that nothing compiles",
    step: "guides",
    file: "packages/evaluator/README.md",
    content: "```ts\nexport const inRollout = 1\n```\n",
    finds: /evaluator\/README\.md:1 .*names no file/
  },
  {
    kind: "a link to nothing",
    step: "guides",
    file: "packages/docs/links.md",
    content: "See [the other page](other-page.md).\n",
    finds: /packages\/docs\/links\.md:1 leads to other-page\.md, which is not there/
  },
  {
    kind: "a number that two decisions have",
    step: "guides",
    file: "packages/docs/decisions/0001-two-packages-too.md",
    content: "# 1. Two packages, too\n",
    finds: /decisions\/0001-two-packages\.md has the number of 0001-two-packages-too\.md/
  },
  {
    kind: "a decision that the list lacks",
    step: "guides",
    file: "packages/docs/decisions/0002-unlisted.md",
    content: "# 2. Unlisted\n",
    finds: /decisions\/0002-unlisted\.md is not in the list of decisions/
  },
  {
    kind: "a decision with another number in its title",
    step: "guides",
    file: "packages/docs/decisions/0003-renumbered.md",
    content: "# 4. Renumbered\n",
    finds: /decisions\/0003-renumbered\.md has another number in its title/
  },
  {
    kind: "an installation of whatever is newest",
    step: "guides",
    file: "packages/docs/installing.md",
    content: "```sh\nnpm install --save-dev effect@3.22 @effect/platform\n```\n",
    finds: /packages\/docs\/installing\.md:1 installs @effect\/platform without a version/
  },
  {
    kind: "a foreign name in a message",
    step: "quoting",
    file: "packages/effect-posthog/src/Unquoted.ts",
    content: library(
      "",
      `${documented}export const planted = (flag: string): string => \`The flag \${flag} is unknown\`\n`
    ),
    finds: /Unquoted\.ts:\d+:\d+ a message has flag without quote\(\)/
  },
  {
    kind: "a stale drawing",
    step: "drawings",
    file: "CONTRIBUTING.md",
    content: "<!-- drawn: packages -->\n\nA house.\n\n<!-- end of drawing -->\n",
    finds: /CONTRIBUTING\.md:1 differs from the code/
  },
  {
    kind: "a guide's program that fails",
    step: "guides",
    file: "packages/docs/src/failing.ts",
    content:
      "import { join } from \"node:path\"\n\n// #region path\nexport const path = join(\"a\", \"b\")\n// #endregion\nthrow new Error(\"planted\")\n",
    finds: /packages\/docs\/src\/failing\.ts ended with 1/
  },
  {
    kind: "an unformatted file",
    step: "format",
    file: "packages/effect-posthog/src/Unformatted.ts",
    content: library("", `${documented}export const planted = 'single quotes';\n`),
    finds: /Unformatted\.ts/
  }
]

/** What a step says of a workspace with all the violations that it looks for; it is asked once. */
const checked = (step: string): Promise<Outcome> => {
  const before = outcomes.get(step)
  if (before !== undefined) return before
  const outcome = withWorkspace((workspace) => {
    for (const { content, file } of violations.filter((violation) => violation.step === step)) {
      workspace.write(file, content)
    }
    return workspace.check(step)
  })
  outcomes.set(step, outcome)
  return outcome
}

const outcomes = new Map<string, Promise<Outcome>>()

describe.concurrent("check", () => {
  it(
    "passes a workspace that keeps the rules",
    () =>
      withWorkspace(async (workspace) => {
        const { code, output } = await workspace.check(...steps)
        assert.strictEqual(code, 0, output)
      }),
    timeout
  )

  for (const { finds, kind, step } of violations) {
    it(
      `finds ${kind}`,
      async () => {
        const { code, output } = await checked(step)
        assert.strictEqual(code, 1, output)
        assert.match(output, finds)
      },
      timeout
    )
  }

  it(
    "writes snippets anew",
    () =>
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
    () =>
      withWorkspace(async (workspace) => {
        workspace.remove("packages/evaluator")
        workspace.remove("packages/effect-posthog")
        for (const step of ["effect", "cycles", "layers"]) {
          const { code, output } = await workspace.check(step)
          assert.strictEqual(code, 1, `${step}: ${output}`)
        }
      }),
    timeout
  )

  it(
    "knows its steps",
    () =>
      withWorkspace(async (workspace) => {
        const { code, output } = await workspace.check("no-such-step")
        assert.strictEqual(code, 2)
        assert.match(output, /Unknown step: no-such-step/)
      }),
    timeout
  )
})
