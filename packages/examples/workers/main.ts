// Runs the programs of this folder in workerd, against a PostHog on loopback. Run by `npx pnpm workers`.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { Effect } from "effect"
import { start } from "./workerd.ts"
import type { Load, Running } from "./workerd.ts"

type Server = typeof PostHogServer.PostHogServer.Service

/** Before and after the runtime learned to resolve promises in the request that waits for them. */
const compatibilityDates = ["2024-09-01", "2026-04-01"]

const warm = { groups: [{ properties: [], rollout_percentage: 100 }] }
const definitions = (isWarm: boolean) => ({ flags: [{ key: "warm-greeting", active: isWarm, filters: warm }] })

let failed = 0

const report = (title: string, problems: ReadonlyArray<string>, seen: string): void => {
  const verdict = title.startsWith("posthogNode") ? "beside" : problems.length === 0 ? "ok    " : "failed"
  console.log(`${verdict}  ${title}: ${seen}`)
  for (const problem of problems) console.log(`          ${problem}`)
  failed += problems.length === 0 ? 0 : 1
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const arrivedOf = async (server: Server, users: ReadonlyArray<string>): Promise<number> => {
  const events = await Effect.runPromise(server.events)
  const arrived = new Set(events.filter(({ event }) => event === "greeted").map((event) => event.distinct_id))
  return users.filter((user) => arrived.has(user)).length
}

const awaitArrival = async (server: Server, users: ReadonlyArray<string>, within: number): Promise<number> => {
  const until = performance.now() + within
  let arrived = await arrivedOf(server, users)
  while (arrived < users.length && performance.now() < until) {
    await pause(100)
    arrived = await arrivedOf(server, users)
  }
  return arrived
}

const answered = (load: Load): number => load.statuses.filter((status) => status === 200).length

interface Expected {
  readonly greeting: string
  /** Milliseconds. */
  readonly within: number
}

const check = async (
  title: string,
  server: Server,
  loads: ReadonlyArray<Load>,
  { greeting, within }: Expected,
  isOurs: boolean
): Promise<void> => {
  const users = loads.flatMap((load) => load.users)
  const arrived = await awaitArrival(server, users, 15_000)
  const ok = loads.reduce((sum, load) => sum + answered(load), 0)
  const longest = Math.round(Math.max(...loads.map((load) => load.longest)))
  const others = [...new Set(loads.flatMap((load) => load.bodies))].filter((body) => body !== greeting)
  const problems = [
    ...(ok === users.length ? [] : [`${users.length - ok} requests were not answered with 200`]),
    ...(arrived === users.length ? [] : [`${users.length - arrived} events did not arrive`]),
    ...(others.length === 0 ? [] : [`answered ${others.map((body) => JSON.stringify(body.slice(0, 80))).join(", ")}`]),
    ...(longest <= within ? [] : [`the last answer took longer than ${within} ms`])
  ]
  report(
    title,
    isOurs ? problems : [],
    `${ok} of ${users.length} answered, ${arrived} of ${users.length} events arrived, the last answer after ${longest} ms`
  )
}

const fresh = async (server: Server): Promise<void> => {
  const run = Effect.runPromise
  await run(server.reset)
  await run(server.setRemoteFlags({ "warm-greeting": true }))
  await run(server.setDefinitions(definitions(true)))
  await run(server.always("flags", Fault.delay("60 millis")))
  await run(server.always("batch", Fault.delay("100 millis")))
}

/** What a program has to stand. */
const scenarios = async (name: string, server: Server, worker: Running, title: string): Promise<void> => {
  const run = Effect.runPromise
  const isOurs = name !== "posthogNode"
  const quick: Expected = { greeting: "Welcome back!", within: 10_000 }
  await check(`${title}, 44 requests`, server, [await worker.load(22), await worker.load(22)], quick, isOurs)

  if (name !== "local") {
    await run(server.always("flags", Fault.hang))
    const late: Expected = { greeting: "Hello.", within: 10_000 }
    await check(`${title}, flags hang`, server, [await worker.load(22)], late, isOurs)
    await run(server.always("flags", Fault.delay("60 millis")))
  }

  // Their first attempts get no answer.
  await run(server.script("batch", ...Array.from({ length: 11 }, () => Fault.hang)))
  await check(`${title}, events hang`, server, [await worker.load(22)], { ...quick, within: 20_000 }, isOurs)
  await run(server.clear("batch"))

  // The client leaves while its request is at work, and with it the request ends.
  await run(server.always("batch", Fault.delay("1500 millis")))
  const left = await worker.leave(5, 500)
  await run(server.clear("batch"))
  const later: Array<Load> = []
  for (let second = 0; second < 9; second++) {
    await pause(1000)
    later.push(await worker.load(1))
  }
  await check(`${title}, clients that leave`, server, [left, ...later], quick, isOurs)
}

/** Requests that end before their flush: a later request sends what they left. */
const handover = async (server: Server, worker: Running): Promise<void> => {
  const run = Effect.runPromise
  await run(server.always("batch", Fault.hang))
  const lost = await worker.load(22)
  await run(server.clear("batch"))
  await pause(1000)
  const early = await worker.load(1, "&wait")
  const before = await arrivedOf(server, lost.users)
  report("forgotten, at first", before < 22 ? [] : ["no request was cut off"], `${before} of 22 events arrived`)
  await pause(7000)
  const later = await worker.load(1, "&wait")
  await check("forgotten, taken over", server, [lost, early, later], { greeting: "Hello.", within: 10_000 }, true)
}

/** Definitions are as fresh as the interval says, and old ones are used while they cannot be refreshed. */
const freshness = async (server: Server, worker: Running): Promise<void> => {
  const run = Effect.runPromise
  const wait = 3600
  await worker.load(5)
  await run(server.setDefinitions(definitions(false)))
  await pause(wait)
  // Those that overlap with the refresh may still see the old definitions.
  await worker.load(22)
  const after = await worker.load(22)
  await check("local, definitions change", server, [after], { greeting: "Hello.", within: 10_000 }, true)
  const asked = (await run(server.definitionRequests)).length
  await run(server.always("definitions", Fault.hang))
  await pause(wait)
  const hanging = [await worker.load(22), await worker.load(22)]
  await check("local, definitions hang", server, hanging, { greeting: "Hello.", within: 10_000 }, true)
  const more = (await run(server.definitionRequests)).length - asked
  report(
    "local, requests for definitions",
    more >= 1 && more <= 2 ? [] : [`${more} requests`],
    `${more} while they hang`
  )
  await run(server.clear("definitions"))
  await run(server.setDefinitions(definitions(true)))
  await pause(wait)
  await worker.load(1)
  await check("local, definitions recover", server, [await worker.load(22)], {
    greeting: "Welcome back!",
    within: 10_000
  }, true)
}

const programs = process.argv.slice(2)
const wanted = programs.length > 0
  ? programs
  : ["background", "awaited", "promise", "local", "forgotten", "posthogNode"]

const main = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const bindings = { POSTHOG_API_KEY: "phc_test", POSTHOG_SECRET_KEY: "phs_test", POSTHOG_HOST: server.url }
  yield* Effect.promise(async () => {
    for (const name of wanted) {
      for (const date of name === "local" || name === "forgotten" ? compatibilityDates.slice(-1) : compatibilityDates) {
        await fresh(server)
        const worker = await start(name, bindings, date)
        try {
          if (name === "forgotten") await handover(server, worker)
          else await scenarios(name, server, worker, `${name} (${date})`)
          if (name === "local") await freshness(server, worker)
        } finally {
          await worker.close()
        }
      }
    }
  })
})

await Effect.runPromise(Effect.provide(main, PostHogServer.layer()))
process.exit(failed === 0 ? 0 : 1)
