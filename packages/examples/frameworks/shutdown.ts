import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { Effect } from "effect"
import { strict as assert } from "node:assert"
import { spawn } from "node:child_process"
import { setMaxListeners } from "node:events"
import { Agent, get } from "node:http"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Account, Composition } from "./shutdown/program.ts"

// SIGTERM under load: forty visitors send one request after the other, each on a connection that stays open. After two
// hundred answers the process of the server is told to end.

interface Scenario {
  readonly composition: Composition
  /** How long visitors wait for an answer after SIGTERM, in milliseconds. */
  readonly patience: number
  /** PostHog stops answering just before SIGTERM. */
  readonly isPostHogDown?: boolean
  /** The application never answers one of the requests. */
  readonly hasEndless?: boolean
}

const visitors = 40
const answersBefore = 200

const graceful = { patience: 60_000 }
const plain = { patience: 5000 }

const scenarios: Readonly<Record<string, Scenario>> = {
  "`layerNodeServer`, client built first": { composition: "graceful, client first", ...graceful },
  "`layerNodeServer`, server built first": { composition: "graceful, server first", ...graceful },
  "`layerNodeServer`, side by side": { composition: "graceful, side by side", ...graceful },
  "`layerNodeServer`, PostHog hangs": { composition: "graceful, client first", isPostHogDown: true, ...graceful },
  "`layerNodeServer`, a request without an end": {
    composition: "graceful, client first",
    hasEndless: true,
    ...graceful
  },
  "`NodeHttpServer.layer`, client built first": { composition: "plain, client first", ...plain },
  "`NodeHttpServer.layer`, server built first": { composition: "plain, server first", ...plain },
  "`NodeHttpServer.layer`, side by side": { composition: "plain, side by side", ...plain }
}

type Outcome = "answered" | "failed" | "reset" | "refused" | "unanswered"

const request = (url: string, agent: Agent, signal: AbortSignal): Promise<Outcome> =>
  new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) =>
      resolve(signal.aborted ? "unanswered" : error.code === "ECONNREFUSED" ? "refused" : "reset")
    const sent = get(url, { agent, signal }, (response) => {
      response.resume()
      response.once("end", () => resolve(response.statusCode === 200 ? "answered" : "failed"))
      response.once("error", failed)
    })
    sent.once("error", failed)
  })

/** Starts the server's process. */
const start = async (composition: Composition, host: string) => {
  const program = fileURLToPath(new URL("shutdown/program.ts", import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, program, composition, host], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  const ended = new Promise<{ readonly account: Account; readonly exit: number | string | null }>((resolve, reject) => {
    child.once("close", (code, signal) => {
      try {
        resolve({ account: JSON.parse(output.trim().split("\n").at(-1) ?? ""), exit: signal ?? code })
      } catch (error) {
        reject(error)
      }
    })
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += String(chunk)
      const [address] = /^http:\S+(?=\n)/m.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
    ended.then(() => reject(new Error("the server did not start")), reject)
  })
  return { url, ended, terminate: () => child.kill("SIGTERM") }
}

/** Sends requests until the server takes no more connections, or the visitors give up. */
const load = (url: string, hasEndless: boolean) => {
  const outcomes = new Map<string, Outcome>()
  const givenUp = new AbortController()
  setMaxListeners(0, givenUp.signal)
  const agent = new Agent({ keepAlive: true })
  let answers = 0
  let warm = () => {}
  const isWarm = new Promise<void>((resolve) => {
    warm = resolve
  })
  const send = async (path: string, id: string): Promise<Outcome> => {
    const outcome = await request(`${url}${path}`, agent, givenUp.signal)
    outcomes.set(id, outcome)
    if (outcome === "answered" && ++answers === answersBefore) warm()
    return outcome
  }
  const visit = async (visitor: number): Promise<void> => {
    for (let index = 0;; index++) {
      const id = `visitor-${visitor}-${index}`
      const outcome = await send(`/checkout/${id}`, id)
      if (outcome === "refused" || outcome === "unanswered") return
    }
  }
  const visits: Array<Promise<unknown>> = Array.from({ length: visitors }, (_, visitor) => visit(visitor))
  if (hasEndless) visits.push(send("/never", "never"))
  return {
    isWarm,
    giveUpAfter: (millis: number) => void setTimeout(millis, undefined, { ref: false }).then(() => givenUp.abort()),
    over: Promise.all(visits).then(() => {
      agent.destroy()
      return outcomes
    })
  }
}

const definitions = {
  flags: [{ key: "new-checkout", active: true, filters: { groups: [{ rollout_percentage: 100 }] } }]
}

const measure = ({ composition, hasEndless = false, isPostHogDown = false, patience }: Scenario) => {
  const program = Effect.gen(function*() {
    const posthog = yield* PostHogServer.PostHogServer
    yield* posthog.always("flags", Fault.delay("50 millis"))
    const { ended, terminate, url } = yield* Effect.promise(() => start(composition, posthog.url))
    const { giveUpAfter, isWarm, over } = load(url, hasEndless)
    yield* Effect.promise(() => isWarm)
    if (isPostHogDown) yield* posthog.always("batch", Fault.hang)
    const since = Date.now()
    terminate()
    giveUpAfter(patience)
    const { account, exit } = yield* Effect.promise(() => ended)
    const seconds = (Date.now() - since) / 1000
    const outcomes = yield* Effect.promise(() => over)
    const events = (yield* posthog.events).filter(({ event }) => event === "checkout viewed")
    const delivered = new Set(events.map(({ distinct_id }) => distinct_id))
    return { account, delivered, exit, outcomes, seconds }
  })
  return Effect.runPromise(Effect.provide(program, PostHogServer.layer({ definitions })))
}

const table = [
  "| composition | requests accepted | answered | unanswered | events captured | delivered | counted as lost | refused | exit after |",
  "| --- | --: | --: | --: | --: | --: | --: | --: | --: |"
]
for (const [name, scenario] of Object.entries(scenarios)) {
  const { account, delivered, exit, outcomes, seconds } = await measure(scenario)
  const { accepted, captured, counts, refused } = account
  const answered = accepted.filter((id) => outcomes.get(id) === "answered")
  const unanswered = accepted.filter((id) => outcomes.get(id) !== "answered")
  const lost = captured.filter((id) => !delivered.has(id))
  const numbers = [accepted, answered, unanswered, captured, delivered, lost, refused].map((ids) => [...ids].length)
  table.push(`| ${name} | ${numbers.join(" | ")} | ${seconds.toFixed(1)} s |`)
  // However the layers are put together: the process ends by itself, and each event is delivered or counted.
  assert.equal(exit, 0, name)
  assert.ok(captured.length >= answersBefore, name)
  assert.equal(counts.accepted, counts.delivered + counts.dropped, name)
  assert.ok(lost.length <= counts.dropped && refused.length <= counts.rejected.Closed, name)
  if (scenario.composition.startsWith("plain")) continue
  assert.deepEqual(unanswered, scenario.hasEndless === true ? ["never"] : [], name)
  assert.deepEqual(refused, [], name)
  assert.equal(lost.length > 0, scenario.isPostHogDown === true, name)
  // Its limits are twice five seconds; the rest is for a busy machine.
  assert.ok(seconds < 50, `${name}: ended after ${seconds} s`)
}
console.log(table.join("\n"))
