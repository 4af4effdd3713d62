import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Answer } from "../definitions/posthogApi.ts"
import * as PostHogApi from "../definitions/posthogApi.ts"
import { defaultHost, posthogHost } from "../definitions/posthogHost.ts"
import { printable, table } from "../terminal/printable.ts"

/** What a check came to. */
export interface Check {
  readonly name:
    | "node"
    | "packages"
    | "project key"
    | "secret key"
    | "host"
    | "flags"
    | "definitions"
    | "clock"
    | "rate limits"
  readonly status: "ok" | "warning" | "failed" | "skipped"
  readonly message: string
  /** Whether it failed at the network or at PostHog's authorisation. */
  readonly isRemote?: boolean
}

/** What the checks look at. Keys are never part of a message. */
export interface Surroundings {
  readonly nodeVersion: string
  readonly projectKey: Option.Option<Redacted.Redacted<string>>
  readonly secretKey: Option.Option<Redacted.Redacted<string>>
  readonly host: Option.Option<string>
  /** Versions of installed packages, by name; absent when not installed. */
  readonly installed: ReadonlyMap<string, string>
}

const check = (name: Check["name"], status: Check["status"], message: string, isRemote = false): Check => ({
  name,
  status,
  message,
  ...(isRemote ? { isRemote } : {})
})

const nodeCheck = (version: string): Check => {
  const [major = 0] = version.replace(/^v/, "").split(".").map(Number)
  return major >= 20
    ? check("node", "ok", `Node ${version}`)
    : check("node", "failed", `Node ${version}: effect-posthog needs Node 20 or newer`)
}

const major = (version: string): number => Number(/^\d+/.exec(version)?.[0] ?? Number.NaN)

const packagesCheck = (installed: ReadonlyMap<string, string>): Check => {
  const library = installed.get("effect-posthog")
  const effect = installed.get("effect")
  if (library === undefined) return check("packages", "skipped", "effect-posthog is not installed in this folder")
  const found = [...installed].map(([name, version]) => `${name} ${printable(version)}`).join(", ")
  if (effect === undefined) return check("packages", "failed", `${found}; effect is not installed beside it`)
  if (major(effect) >= 3 && major(library) >= 3 && major(effect) !== major(library)) {
    return check("packages", "failed", `${found}: the major version of effect-posthog is the one of effect`)
  }
  if (!installed.has("@effect/platform") && major(effect) < 4) {
    return check("packages", "failed", `${found}; @effect/platform, a peer of effect-posthog, is not installed`)
  }
  return check("packages", "ok", found)
}

const writing = (text: string): string | undefined => {
  if (/^["'].*["']$/.test(text)) return "it has quotation marks around it: take them off"
  if (/[^\u0021-\u007e]/.test(text)) return "it has a character in it that no key has"
  return undefined
}

const projectKeyCheck = (key: Option.Option<Redacted.Redacted<string>>): Check => {
  if (Option.isNone(key)) {
    return check("project key", "failed", "POSTHOG_API_KEY is not set: events and remote flags need it")
  }
  const text = Redacted.value(key.value)
  const wrong = writing(text)
  if (wrong !== undefined) return check("project key", "failed", `POSTHOG_API_KEY cannot be used: ${wrong}`)
  if (text.startsWith("phx_")) {
    return check("project key", "failed", "POSTHOG_API_KEY is a personal key (phx_): use the project's (phc_)")
  }
  if (text.startsWith("phs_")) {
    return check("project key", "failed", "POSTHOG_API_KEY is a secret key (phs_): use the project's (phc_)")
  }
  return text.startsWith("phc_")
    ? check("project key", "ok", "POSTHOG_API_KEY is set")
    : check("project key", "warning", "POSTHOG_API_KEY does not begin with phc_, as the keys of projects do")
}

const secretKeyCheck = (key: Option.Option<Redacted.Redacted<string>>): Check => {
  if (Option.isNone(key)) {
    return check("secret key", "skipped", "POSTHOG_SECRET_KEY is not set: every evaluation asks PostHog")
  }
  const text = Redacted.value(key.value)
  const wrong = writing(text)
  if (wrong !== undefined) return check("secret key", "failed", `POSTHOG_SECRET_KEY cannot be used: ${wrong}`)
  if (text.startsWith("phc_")) {
    return check(
      "secret key",
      "failed",
      "POSTHOG_SECRET_KEY is a project key (phc_): a secret key (phs_ or phx_) is needed"
    )
  }
  return text.startsWith("phs_") || text.startsWith("phx_")
    ? check("secret key", "ok", "POSTHOG_SECRET_KEY is set")
    : check("secret key", "warning", "POSTHOG_SECRET_KEY begins with neither phs_ nor phx_, as secret keys do")
}

const isLoopback = (host: string): boolean => /^https?:\/\/(localhost|127\.|\[::1\])/.test(host)

const hostCheck = (written: Option.Option<string>): readonly [Check, string | undefined] => {
  const text = Option.getOrElse(written, () => defaultHost)
  const host = posthogHost(text)
  if (Either.isLeft(host)) return [check("host", "failed", `the host cannot be used: ${host.left}`), undefined]
  const name = printable(host.right)
  if (host.right.startsWith("http://") && !isLoopback(host.right)) {
    return [check("host", "warning", `${name} is not encrypted: keys travel in the clear`), host.right]
  }
  if (Option.isNone(written)) return [check("host", "ok", `${name}, since POSTHOG_HOST is not set`), host.right]
  return host.right === text.trim().replace(/\/+$/, "")
    ? [check("host", "ok", name), host.right]
    : [check("host", "ok", `${name}, which is meant by ${printable(text)}`), host.right]
}

const otherRegion: Readonly<Record<string, string>> = {
  "https://us.i.posthog.com": "https://eu.i.posthog.com",
  "https://eu.i.posthog.com": "https://us.i.posthog.com"
}

type FlagsAnswer = "flags" | "over quota" | "something else"

const flagsAnswerOf = (text: string): FlagsAnswer => {
  try {
    const body: unknown = JSON.parse(text)
    if (!Predicate.isRecord(body) || !("flags" in body || "featureFlags" in body)) return "something else"
    const limited = body["quotaLimited"] ?? body["quota_limited"]
    return Array.isArray(limited) && limited.includes("feature_flags") ? "over quota" : "flags"
  } catch {
    return "something else"
  }
}

const flagsCheck = (host: string, projectKey: string) =>
  Effect.gen(function*() {
    const asked = yield* Effect.either(PostHogApi.postFlags(host, projectKey))
    if (Either.isLeft(asked)) {
      const failed = check("flags", "failed", PostHogApi.describeNoAnswer(host, asked.left), true)
      return { check: failed, answer: undefined }
    }
    const answer = asked.right
    const name = PostHogApi.hostName(host)
    const kind = answer.status === 200 ? flagsAnswerOf(answer.text) : undefined
    if (kind === "flags") return { check: check("flags", "ok", `${name} knows the project key`), answer }
    if (kind === "over quota") {
      const message = `${name} evaluates no flags: the project is over its quota of flag requests`
      return { check: check("flags", "failed", message, true), answer }
    }
    if (answer.status === 200) {
      return {
        check: check(
          "flags",
          "failed",
          `${name} answered 200 with something that is not PostHog's: is it the right host?`,
          true
        ),
        answer
      }
    }
    const other = otherRegion[host]
    if (answer.status === 401 && other !== undefined) {
      // The key of a project is public: every browser has it.
      const elsewhere = yield* Effect.either(PostHogApi.postFlags(other, projectKey))
      if (Either.isRight(elsewhere) && elsewhere.right.status === 200) {
        const message = `the project is in the other region: set POSTHOG_HOST to ${other}`
        return { check: check("flags", "failed", message, true), answer }
      }
    }
    const hint = answer.status === 401
      ? ": is POSTHOG_API_KEY the key of a project of this region?"
      : answer.status === 404
      ? `: ${PostHogApi.notHere}`
      : ""
    return { check: check("flags", "failed", `${name} answered ${answer.status}${hint}`, true), answer }
  })

const definitionsCheck = (project: PostHogApi.Project) =>
  Effect.gen(function*() {
    const asked = yield* Effect.either(PostHogApi.getDefinitions(project))
    if (Either.isLeft(asked)) {
      return {
        check: check("definitions", "failed", PostHogApi.describeNoAnswer(project.host, asked.left), true),
        answer: undefined
      }
    }
    const answer = asked.right
    const refused = PostHogApi.describeStatus(project.host, answer)
    if (refused !== undefined) return { check: check("definitions", "failed", refused, true), answer }
    const found = Either.match(PostHogApi.definitionsIn(project.host, answer), {
      onLeft: (problem) => check("definitions", "failed", problem, true),
      onRight: (document) => {
        const flags = Predicate.isRecord(document) && Array.isArray(document["flags"]) ? document["flags"].length : 0
        return check(
          "definitions",
          "ok",
          `${flags} ${flags === 1 ? "flag" : "flags"}, ${Math.ceil(answer.text.length / 1024)} KiB`
        )
      }
    })
    return { check: found, answer }
  })

const clockCheck = (answers: ReadonlyArray<{ readonly answer: Answer; readonly at: number }>): Check => {
  for (const { answer, at } of answers) {
    const date = Date.parse(answer.headers["date"] ?? "")
    if (Number.isNaN(date)) continue
    const seconds = Math.round((at - date) / 1000)
    if (Math.abs(seconds) <= 60) {
      return check("clock", "ok", `within ${Math.max(1, Math.abs(seconds))} s of the server's`)
    }
    const side = seconds > 0 ? "ahead of" : "behind"
    return check("clock", "warning", `${Math.abs(seconds)} s ${side} the server's: events get wrong times`)
  }
  return check("clock", "skipped", "no answer told the time")
}

const limitHeader = /^(x-)?ratelimit-(limit|remaining|reset)$/

const rateLimitCheck = (answers: ReadonlyArray<{ readonly answer: Answer }>): Check => {
  if (answers.length === 0) return check("rate limits", "skipped", "no answer to look at")
  if (answers.some(({ answer }) => answer.status === 429)) {
    return check(
      "rate limits",
      "failed",
      "PostHog answered 429: fewer clients, or a longer definitions.pollInterval",
      true
    )
  }
  const told = answers.flatMap(({ answer }) =>
    Object.entries(answer.headers).filter(([name]) => limitHeader.test(name)).map(([name, value]) =>
      `${name} ${printable(value)}`
    )
  )
  return check("rate limits", "ok", told.length === 0 ? "not reached" : [...new Set(told)].join(", "))
}

/** Tries what goes wrong in the first minute with PostHog, and says what to do about it. */
export const doctor = (
  surroundings: Surroundings
): Effect.Effect<ReadonlyArray<Check>, never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { installed, nodeVersion, projectKey, secretKey } = surroundings
    const keyCheck = projectKeyCheck(projectKey)
    const secretCheck = secretKeyCheck(secretKey)
    const [hostResult, host] = hostCheck(surroundings.host)
    const checks: Array<Check> = [nodeCheck(nodeVersion), packagesCheck(installed), keyCheck, secretCheck, hostResult]
    const answers: Array<{ readonly answer: Answer; readonly at: number }> = []
    const remember = (answer: Answer | undefined) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        if (answer !== undefined) answers.push({ answer, at })
      })

    if (host === undefined || Option.isNone(projectKey) || keyCheck.status === "failed") {
      checks.push(check("flags", "skipped", "needs a host and a project key"))
    } else {
      const { answer, check: result } = yield* flagsCheck(host, Redacted.value(projectKey.value))
      yield* remember(answer)
      checks.push(result)
    }
    if (host === undefined || Option.isNone(secretKey) || secretCheck.status === "failed") {
      checks.push(check("definitions", "skipped", "needs a host and a secret key"))
    } else {
      const { answer, check: result } = yield* definitionsCheck({
        host,
        secretKey: secretKey.value,
        // A key that cannot be one is complained of once.
        projectKey: keyCheck.status === "failed" ? Option.none() : Option.map(projectKey, Redacted.value)
      })
      yield* remember(answer)
      checks.push(result)
    }
    return [...checks, clockCheck(answers), rateLimitCheck(answers)]
  })

/** 3 when the network or PostHog's authorisation failed, 1 for anything else that is wrong, 0 when nothing is. */
export const exitCode = (checks: ReadonlyArray<Check>): 0 | 1 | 3 => {
  const wrong = checks.filter(({ status }) => status === "failed" || status === "warning")
  if (wrong.some(({ isRemote }) => isRemote === true)) return 3
  return wrong.length === 0 ? 0 : 1
}

/** A line for each check. */
export const renderChecks = (checks: ReadonlyArray<Check>): string =>
  table(checks.map(({ message, name, status }) => [status, name, message]))
