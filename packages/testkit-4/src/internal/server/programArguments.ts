// Generated from packages/testkit/src/internal/server/programArguments.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import * as Fault from "../../Fault.ts"
import type { Options } from "../../PostHogServer.ts"
import type { Endpoint } from "../../Recording.ts"

/** @internal */
export const usage = `Usage: effect-posthog-server [flags.json] [options]

Serves PostHog's endpoints for flags, events and telemetry on this machine, and prints what arrives, one line each.
The file is a definitions document, or simply { "new-checkout": true, "pricing": "annual" }. The server reads it again
whenever it changes.

Options:
  --port <number>            default 8000; 0 for any free port
  --host <address>           default 127.0.0.1
  --project-key <key>        default phc_test
  --secret-key <key>         default phs_test
  --persons <file>           stored persons, { "ada": { "plan": "pro" } }
  --groups <file>            stored groups, { "company": { "acme": { "plan": "pro" } } }
  --fault <endpoint>=<fault> what every request to an endpoint meets; may be given several times
  --lenient                  accept what PostHog refuses
  --quiet                    print no arrivals
  --help

Endpoints: flags, definitions, remoteConfig, batch, ai, events, logs, metrics, traces
Faults: a status such as 503, hang, reset, delay:2s, drip:10ms, stalled-body, truncated-body, reset-mid-body,
        malformed-body, quota-limited, max-events:10`

/**
 * The program cannot start.
 *
 * @internal
 */
export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {}

/** @internal */
export interface Arguments {
  readonly file: string | undefined
  readonly persons: string | undefined
  readonly groups: string | undefined
  readonly faults: ReadonlyArray<readonly [Endpoint, Fault.Fault]>
  readonly quiet: boolean
  readonly options: Options
}

const fail = (message: string) => new ProgramError({ message })

const endpoints: ReadonlyArray<Endpoint> = [
  "flags",
  "definitions",
  "remoteConfig",
  "batch",
  "ai",
  "events",
  "logs",
  "metrics",
  "traces"
]

const plainFaults: Readonly<Record<string, Fault.Fault>> = {
  hang: Fault.hang,
  reset: Fault.reset,
  "stalled-body": Fault.stalledBody,
  "truncated-body": Fault.truncatedBody,
  "reset-mid-body": Fault.resetMidBody,
  "malformed-body": Fault.malformedBody,
  "quota-limited": Fault.quotaLimited
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

const durationOf = (text: string): Duration.Duration | undefined => {
  const [, amount, unit = ""] = /^(\d+)(ms|s|m)$/.exec(text) ?? []
  return amount === undefined ? undefined : Duration.millis(Number(amount) * (units[unit] ?? 1))
}

const timed: Readonly<Record<string, (duration: Duration.Duration) => Fault.Fault>> = {
  delay: Fault.delay,
  drip: Fault.drip
}

const faultOf = (text: string): Fault.Fault | undefined => {
  if (/^[1-5]\d\d$/.test(text)) return Fault.status(Number(text))
  if (Object.hasOwn(plainFaults, text)) return plainFaults[text]
  const [name = "", value = ""] = text.split(":", 2)
  if (name === "max-events" && /^\d+$/.test(value)) return Fault.maxEvents(Number(value))
  const duration = durationOf(value)
  return duration === undefined || !Object.hasOwn(timed, name) ? undefined : timed[name]?.(duration)
}

const parseFault = (text: string): Effect.Effect<readonly [Endpoint, Fault.Fault], ProgramError> => {
  const at = text.indexOf("=")
  const name = text.slice(0, Math.max(0, at))
  const endpoint = endpoints.find((endpoint) => endpoint === name)
  if (endpoint === undefined) return fail(`--fault ${text}: the endpoint must be one of ${endpoints.join(", ")}`)
  const fault = faultOf(text.slice(at + 1))
  return fault === undefined ? fail(`--fault ${text}: there is no such fault`) : Effect.succeed([endpoint, fault])
}

const parsePort = (text: string): Effect.Effect<number, ProgramError> => {
  const port = Number(text)
  return /^\d+$/.test(text) && port <= 65_535 ? Effect.succeed(port) : fail(`--port ${text} is not a port`)
}

/** @internal */
export const parse = (args: ReadonlyArray<string>): Effect.Effect<Arguments | "help", ProgramError> =>
  Effect.gen(function*() {
    const { positionals, values } = yield* Effect.try({
      try: () =>
        parseArgs({
          args: [...args],
          allowPositionals: true,
          options: {
            port: { type: "string", default: "8000" },
            host: { type: "string", default: "127.0.0.1" },
            "project-key": { type: "string", default: "phc_test" },
            "secret-key": { type: "string", default: "phs_test" },
            persons: { type: "string" },
            groups: { type: "string" },
            fault: { type: "string", multiple: true, default: [] },
            lenient: { type: "boolean", default: false },
            quiet: { type: "boolean", default: false },
            help: { type: "boolean", default: false }
          }
        }),
      catch: (error) => fail(error instanceof Error ? error.message : String(error))
    })
    if (values.help) return "help"
    if (positionals.length > 1) return yield* fail("There is more than one file")
    return {
      file: positionals[0],
      persons: values.persons,
      groups: values.groups,
      faults: yield* Effect.forEach(values.fault, parseFault),
      quiet: values.quiet,
      options: {
        port: yield* parsePort(values.port),
        host: values.host,
        projectKey: values["project-key"],
        secretKey: values["secret-key"],
        strict: !values.lenient,
        capacity: 1000
      }
    }
  })
