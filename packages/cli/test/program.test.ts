import * as PostHogServer from "@effect-posthog/testkit/PostHogServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { shop } from "./documents.ts"
import { folder, run } from "./running.ts"

const secret = "phs_test"
const environment = { POSTHOG_SECRET_KEY: secret, POSTHOG_API_KEY: "phc_test" }

describe("evaluate", () => {
  it.scoped("prints values, reasons and causes as JSON, and nothing else", () =>
    Effect.gen(function*() {
      const definitions = (yield* folder).write("definitions.json", shop)
      const { code, stderr, stdout } = yield* run([
        "evaluate",
        "--definitions",
        definitions,
        "--distinct-id",
        "ada",
        "--format",
        "json",
        "--person-properties",
        "{\"tier\":\"gold\"}"
      ])
      assert.deepStrictEqual([code, stderr], [0, ""])
      const { flags, undecided } = JSON.parse(stdout)
      assert.deepStrictEqual(flags["gold-support"], { value: true, reason: "condition_match", source: "local" })
      assert.deepStrictEqual(flags["upload-limit"], {
        value: true,
        payload: { megabytes: 250 },
        reason: "condition_match",
        source: "local"
      })
      assert.deepStrictEqual(flags["upsell"].value, true)
      assert.deepStrictEqual(flags["company-invoices"], { value: false, reason: "no_group_type", source: "local" })
      assert.deepStrictEqual(Object.keys(undecided), ["welcome-tour"])
    }))

  it.scoped("takes groups and their properties, repeated flags, and writes to a file", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const definitions = files.write("definitions.json", shop)
      const result = yield* run([
        "evaluate",
        "--definitions",
        definitions,
        "--distinct-id",
        "ada",
        "--format",
        "json",
        "--groups",
        "{\"company\":\"acme\"}",
        "--group-properties",
        "{\"company\":{\"plan\":\"scale\"}}",
        "--flag",
        "company-invoices",
        "--flag",
        "half",
        "--out",
        files.path("out.json")
      ])
      assert.deepStrictEqual(result, { code: 0, stdout: "", stderr: "" })
      const { flags } = JSON.parse(readFileSync(files.path("out.json"), "utf8"))
      assert.deepStrictEqual(Object.keys(flags), ["company-invoices", "half"])
      assert.strictEqual(flags["company-invoices"].value, true)
    }))

  it.scoped("evaluates what PostHog serves", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.make({ definitions: shop })
      const { code, stdout } = yield* run(
        ["evaluate", "--host", server.url, "--distinct-id", "ada", "--flag", "upload-limit"],
        environment
      )
      assert.deepStrictEqual([code, stdout.includes("megabytes")], [0, true])
    }))
})

describe("explain and requirements", () => {
  it.scoped("say why, and what is needed", () =>
    Effect.gen(function*() {
      const definitions = (yield* folder).write("definitions.json", shop)
      const explained = yield* run(["explain", "--definitions", definitions, "--distinct-id", "ada", "--flag", "half"])
      assert.strictEqual(explained.code, 0)
      assert.include(explained.stdout, "hashes to")
      const tree = yield* run([
        "explain",
        "--definitions",
        definitions,
        "--distinct-id",
        "ada",
        "--flag",
        "half",
        "--format",
        "json"
      ])
      assert.strictEqual(JSON.parse(tree.stdout).flags.half.conditions[0].rollout.percentage, 50)
      const needs = yield* run(["requirements", "--definitions", definitions, "--flag", "upsell", "--format", "json"])
      const { upsell } = JSON.parse(needs.stdout).flags
      assert.deepStrictEqual([upsell.personProperties, upsell.flags], [["tier"], ["gold-support"]])
      const text = yield* run(["requirements", "--definitions", definitions, "--flag", "upload-limit"])
      assert.include(text.stdout, "nothing but a distinct id")
    }))
})

describe("pull", () => {
  it.scoped("writes the definitions of a project, and no secret anywhere", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const server = yield* PostHogServer.make({ definitions: shop })
      const file = files.path("pulled.json")
      const { code, stderr, stdout } = yield* run(["pull", "--host", server.url, "--out", file], environment)
      assert.deepStrictEqual([code, stdout], [0, ""])
      assert.include(stderr, "7 flags")
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), shop)
      const printed = yield* run(["pull", "--host", server.url], environment)
      assert.deepStrictEqual(JSON.parse(printed.stdout), shop)
      assert.notInclude(`${stderr}${printed.stdout}${printed.stderr}`, secret)
    }))

  it.scoped("takes the secret out of a file", () =>
    Effect.gen(function*() {
      const file = (yield* folder).write("secret", `${secret}\n`)
      const server = yield* PostHogServer.make({ definitions: shop })
      const { code } = yield* run(["pull", "--host", server.url, "--secret-key-file", file], {
        POSTHOG_API_KEY: "phc_test"
      })
      assert.strictEqual(code, 0)
    }))

  it.scoped("says what is wrong with a key, a host, a limit, in one line without the secret", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.make({ definitions: shop })
      const wrong = yield* run(["pull", "--host", server.url], { ...environment, POSTHOG_SECRET_KEY: "phs_wrong" })
      assert.deepStrictEqual([wrong.code, wrong.stdout, wrong.stderr.trim().split("\n").length], [3, "", 1])
      assert.include(wrong.stderr, "answered 401")
      assert.notInclude(wrong.stderr, "phs_wrong")

      const nobody = createServer()
      yield* Effect.async<void>((resume) => void nobody.listen(0, "127.0.0.1", () => resume(Effect.void)))
      const address = nobody.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      yield* Effect.async<void>((resume) => void nobody.close(() => resume(Effect.void)))
      const refused = yield* run(["pull", "--host", `http://127.0.0.1:${port}`], environment)
      assert.deepStrictEqual([refused.code, refused.stdout], [3, ""])
      assert.include(refused.stderr, "ECONNREFUSED")

      const project = yield* run(["pull"], { POSTHOG_SECRET_KEY: "phc_x" })
      assert.strictEqual(project.code, 2)
      const none = yield* run(["pull"])
      assert.deepStrictEqual([none.code, none.stderr.includes("POSTHOG_SECRET_KEY")], [2, true])
      const host = yield* run(["pull", "--host", "ftp://x"], environment)
      assert.strictEqual(host.code, 2)
    }))

  for (
    const [status, words] of [[402, "quota"], [403, "scope"], [404, "PostHog host"], [429, "too many"], [
      500,
      "500"
    ]] as const
  ) {
    it.scoped(`ends with 3 when PostHog answers ${status}`, () =>
      Effect.gen(function*() {
        const server = yield* PostHogServer.make({ definitions: shop })
        const { status: fault } = yield* Effect.promise(() => import("@effect-posthog/testkit/Fault"))
        yield* server.script("definitions", fault(status))
        const { code, stderr, stdout } = yield* run(["pull", "--host", server.url], environment)
        assert.deepStrictEqual([code, stdout], [3, ""])
        assert.include(stderr, words)
      }))
  }

  it.scoped("does not follow redirects, which would carry the key along", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.make({ definitions: shop })
      const other = yield* PostHogServer.make({ definitions: shop })
      const { status: fault } = yield* Effect.promise(() => import("@effect-posthog/testkit/Fault"))
      yield* server.script("definitions", fault(302, { headers: { location: `${other.url}/flags/definitions` } }))
      const { code } = yield* run(["pull", "--host", server.url], environment)
      assert.strictEqual(code, 3)
      assert.lengthOf(yield* other.requests, 0)
    }))
})

describe("usage", () => {
  const cases: ReadonlyArray<readonly [name: string, args: ReadonlyArray<string>, says: string]> = [
    ["an unknown command", ["evaluat"], "evaluate"],
    ["a missing option", ["evaluate", "--definitions", "FILE"], "--distinct-id"],
    ["an empty id", ["evaluate", "--definitions", "FILE", "--distinct-id", ""], "--distinct-id is empty"],
    ["an unknown format", ["requirements", "--definitions", "FILE", "--format", "xml"], "text"],
    ["a missing file", ["requirements", "--definitions", "nowhere.json"], "nowhere.json does not exist"],
    ["no definitions", ["requirements"], "--definitions"],
    ["both origins", ["requirements", "--definitions", "FILE", "--host", "eu.posthog.com"], "exclude"],
    ["an unknown flag", ["requirements", "--definitions", "FILE", "--flag", "pricingpage"], "\"pricing-page\""],
    ["properties that are not JSON", [
      "evaluate",
      "--definitions",
      "FILE",
      "--distinct-id",
      "a",
      "--person-properties",
      "{"
    ], "line 1, column 2"],
    ["properties that are no object", [
      "evaluate",
      "--definitions",
      "FILE",
      "--distinct-id",
      "a",
      "--person-properties",
      "[]"
    ], "JSON object"],
    ["groups that have no key", [
      "evaluate",
      "--definitions",
      "FILE",
      "--distinct-id",
      "a",
      "--groups",
      "{\"company\":{}}"
    ], "group keys"],
    ["a check without a file", ["typegen", "--definitions", "FILE", "--check"], "--out"],
    ["a port that is none", ["server", "--port", "99999"], "not a port"]
  ]
  for (const [name, args, says] of cases) {
    it.scoped(`${name}: exit code 2, one line on standard error, nothing on standard output`, () =>
      Effect.gen(function*() {
        const file = (yield* folder).write("definitions.json", shop)
        const { code, stderr, stdout } = yield* run(args.map((argument) => (argument === "FILE" ? file : argument)))
        assert.deepStrictEqual([code, stdout, stderr.trim().split("\n").length], [2, "", 1], stderr)
        assert.include(stderr, says)
      }))
  }

  it.scoped("a file that stops being JSON: its line and column", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const broken = files.write("broken.json", "{\n  \"flags\": [\n    { \"key\": \"a\" },\n  ]\n}")
      const { code, stderr, stdout } = yield* run(["lint", "--definitions", broken])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.include(stderr, "broken.json:4:3 is not JSON")
      const other = files.write("other.json", "[1, 2]")
      const { code: otherCode, stderr: reported } = yield* run(["lint", "--definitions", other])
      assert.strictEqual(otherCode, 2)
      assert.include(reported, "other.json:1:1 is not a definitions document")
      assert.strictEqual((yield* run(["lint", "--definitions", files.path(".")])).code, 2)
    }))

  it.effect("help is a result, in plain text when nobody's terminal shows it", () =>
    Effect.gen(function*() {
      for (const args of [["--help"], [], ["evaluate", "--help"], ["diff", "--help"]]) {
        const { code, stderr, stdout } = yield* run(args)
        assert.deepStrictEqual([code, stderr, stdout.includes("\u001b"), stdout.length > 100], [0, "", false, true])
      }
      const { stdout } = yield* run(["--version"])
      assert.match(stdout, /^\d+\.\d+\.\d+(-\d+)?\n$/)
    }))
})

describe("lint, diff, typegen", () => {
  it.scoped("end with 1 when there is something to see, and with 0 when not", () =>
    Effect.gen(function*() {
      const files = yield* folder
      const old = files.write("old.json", shop)
      const now = files.write("new.json", { ...shop, flags: shop.flags.slice(1) })
      const clean = files.write("clean.json", { ...shop, flags: [shop.flags[1]] })
      assert.strictEqual((yield* run(["lint", "--definitions", old])).code, 1)
      assert.strictEqual((yield* run(["lint", "--definitions", old, "--level", "error"])).code, 0)
      assert.strictEqual((yield* run(["lint", "--definitions", clean])).code, 0)
      // Options may stand before, between and after arguments.
      for (
        const args of [["diff", old, now, "--format", "json"], ["diff", "--format", "json", old, now], [
          "diff",
          old,
          "--format",
          "json",
          now
        ]]
      ) {
        const { code, stdout } = yield* run(args)
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(JSON.parse(stdout).removed, ["pricing-page"])
      }
      assert.strictEqual((yield* run(["diff", old, "--definitions", now])).code, 1)
      assert.deepStrictEqual((yield* run(["diff", old, old])).code, 0)
      const out = files.path("nested/flags.ts")
      assert.strictEqual((yield* run(["typegen", "--definitions", old, "--out", out, "--check"])).code, 1)
      assert.strictEqual((yield* run(["typegen", "--definitions", old, "--out", out])).code, 0)
      assert.strictEqual((yield* run(["typegen", "--definitions", old, "--out", out, "--check"])).code, 0)
      const stale = yield* run(["typegen", "--definitions", now, "--out", out, "--check"])
      assert.deepStrictEqual([stale.code, stale.stdout], [1, ""])
      assert.include(stale.stderr, "not up to date")
    }))
})
