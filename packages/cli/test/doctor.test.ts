import * as Fault from "@effect-posthog/testkit/Fault"
import * as PostHogServer from "@effect-posthog/testkit/PostHogServer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Check, Surroundings } from "../src/doctor/doctor.ts"
import { doctor, exitCode, renderChecks } from "../src/doctor/doctor.ts"
import { shop } from "./documents.ts"

const healthy = (url: string): Surroundings => ({
  nodeVersion: "20.20.2",
  projectKey: Option.some(Redacted.make("phc_test")),
  secretKey: Option.some(Redacted.make("phs_test")),
  host: Option.some(url),
  installed: new Map([["effect-posthog", "3.0.0"], ["effect", "3.22.4"], ["@effect/platform", "0.97.2"]])
})

const examine = (
  change: (surroundings: Surroundings) => Surroundings = (same) => same,
  ...faults: ReadonlyArray<readonly ["flags" | "definitions", Fault.Fault]>
) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.make({ definitions: shop })
    for (const [endpoint, fault] of faults) yield* server.script(endpoint, fault)
    const checks = yield* doctor(change(healthy(server.url))).pipe(Effect.provide(FetchHttpClient.layer))
    return { checks, code: exitCode(checks), text: renderChecks(checks) }
  })

const statusOf = (checks: ReadonlyArray<Check>, name: Check["name"]) =>
  checks.find((check) => check.name === name)?.status

const key = (text: string) => Option.some(Redacted.make(text))

describe("doctor", () => {
  it.scopedLive("finds nothing wrong where nothing is", () =>
    Effect.gen(function*() {
      const { checks, code } = yield* examine()
      assert.deepStrictEqual(checks.map(({ status }) => status), Array.from({ length: checks.length }, () => "ok"))
      assert.strictEqual(code, 0)
    }))

  const wrong: ReadonlyArray<
    readonly [string, (surroundings: Surroundings) => Surroundings, Check["name"], string, 1 | 3]
  > = [
    ["an old Node", (same) => ({ ...same, nodeVersion: "18.20.0" }), "node", "Node 20", 1],
    [
      "Effect 4 beside the edition for 3",
      (same) => ({ ...same, installed: new Map([["effect-posthog", "3.0.0"], ["effect", "4.0.1"]]) }),
      "packages",
      "major",
      1
    ],
    ["no project key", (same) => ({ ...same, projectKey: Option.none() }), "project key", "POSTHOG_API_KEY", 1],
    ["a secret as project key", (same) => ({ ...same, projectKey: key("phs_x") }), "project key", "phc_", 1],
    ["a quoted key", (same) => ({ ...same, projectKey: key("\"phc_test\"") }), "project key", "quotation marks", 1],
    ["a project key as secret", (same) => ({ ...same, secretKey: key("phc_test") }), "secret key", "phs_", 1],
    ["a wrong project key", (same) => ({ ...same, projectKey: key("phc_other") }), "flags", "401", 3],
    ["a wrong secret", (same) => ({ ...same, secretKey: key("phs_other") }), "definitions", "401", 3],
    ["a host that is none", (same) => ({ ...same, host: Option.some("::") }), "host", "URL", 1],
    [
      "a port where nobody is",
      (same) => ({ ...same, host: Option.some("http://127.0.0.1:9") }),
      "flags",
      "127.0.0.1:9",
      3
    ]
  ]
  for (const [name, change, check, says, code] of wrong) {
    it.scopedLive(`finds ${name}`, () =>
      Effect.gen(function*() {
        const result = yield* examine(change)
        assert.strictEqual(statusOf(result.checks, check), "failed")
        assert.include(result.checks.find((one) => one.name === check)?.message, says)
        assert.strictEqual(result.code, code)
        for (const secret of ["phs_other", "phc_other", "phs_test"]) assert.notInclude(result.text, secret)
      }))
  }

  it.scopedLive("finds limits, quotas and clocks", () =>
    Effect.gen(function*() {
      const limited = yield* examine((same) => same, ["definitions", Fault.status(429, { retryAfter: 7 })])
      assert.deepStrictEqual([statusOf(limited.checks, "rate limits"), limited.code], ["failed", 3])
      assert.include(limited.text, "try again in 7 s")
      const used = yield* examine((same) => same, ["flags", Fault.quotaLimited], ["definitions", Fault.quotaLimited])
      assert.deepStrictEqual([statusOf(used.checks, "flags"), statusOf(used.checks, "definitions"), used.code], [
        "failed",
        "failed",
        3
      ])
      assert.include(used.text, "evaluates no flags: the project is over its quota")
      const late = { headers: { date: new Date(Date.now() - 3_600_000).toUTCString() } }
      const ahead = yield* examine((same) => same, ["flags", Fault.status(200, { ...late, body: { flags: {} } })])
      assert.strictEqual(statusOf(ahead.checks, "clock"), "warning")
      assert.include(ahead.text, "ahead of the server's")
    }))

  it.scopedLive("is not taken in by a server that is not PostHog's", () =>
    Effect.gen(function*() {
      const { checks, code } = yield* examine((same) => same, ["flags", Fault.body("<html>")], [
        "definitions",
        Fault.body("<html>")
      ])
      assert.deepStrictEqual([statusOf(checks, "flags"), statusOf(checks, "definitions"), code], [
        "failed",
        "failed",
        3
      ])
      const elsewhere = yield* examine((same) => same, ["flags", Fault.status(404)], ["definitions", Fault.status(404)])
      assert.strictEqual(elsewhere.text.split("needs the path in the host").length, 3)
    }))
})
