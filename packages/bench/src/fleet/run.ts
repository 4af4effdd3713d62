import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { output } from "../bundle.ts"
import { documentOf } from "./Assignment.ts"
import type { Assignment, PollAssignment, PollReport, Report, Sharing } from "./Assignment.ts"
import { FleetEndpoint } from "./endpoint.ts"
import { startRedis } from "./redisServer.ts"
import type { RedisServer } from "./redisServer.ts"

/** What befalls a fleet beside the edit, which comes in each run. */
export type Trouble = "none" | "bad minute" | "restarts"

export interface Plan {
  readonly requests: number
  readonly people: number
  /** Among which the requests are divided. */
  readonly instances: number
  readonly durationMillis: number
  readonly pollMillis: number
  readonly restarts: number
  /** How long the run takes in which Redis is restarted, in durations. */
  readonly restartsTake: number
}

export interface Outcome {
  /** Requests for definitions that arrived at PostHog. */
  readonly fetches: number
  /** What PostHog bills for them: 10 for definitions that are new to the instance, 1 for unchanged ones. */
  readonly billed: number
  /** Milliseconds until the last instance read the edit, or -1 where an instance never did. */
  readonly staleness: number
  readonly exposures: number
  /** Exposures that arrived again although Redis was up at both times. */
  readonly duplicates: number
  /** Exposures that arrived again around the time in which Redis was not available. */
  readonly duplicatesInTrouble: number
  /** Exposures that an instance reported without a claim, since Redis did not answer in time. */
  readonly unchecked: number
  /** Exposures of instances that lived, which never arrived. */
  readonly lost: number
  /** Exposures that never arrived, of the instance that was killed. */
  readonly lostWithProcess: number
  /** Requests served while an instance had no definitions. */
  readonly withoutDefinitions: number
  /** Microseconds for a request: five flags evaluated and read. */
  readonly p50: number
  readonly p99: number
}

interface Instance {
  readonly child: ChildProcess
  readonly read: Set<string>
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  micros: ReadonlyArray<number>
  editedAt: number | undefined
  unchecked: number
  withoutDefinitions: number
  killed: boolean
}

const startProcess = (assignment: Assignment | PollAssignment): ChildProcess =>
  // What the library logs, as it should when Redis is gone, is not the report's.
  fork(join(output, "fleet/process.js"), [JSON.stringify(assignment)], { stdio: ["ignore", "ignore", 2, "ipc"] })

const startInstance = (assignment: Assignment): Instance => {
  const child = startProcess(assignment)
  let isReady = () => {}
  const instance: Instance = {
    child,
    read: new Set(),
    ready: new Promise((resolve) => {
      isReady = resolve
    }),
    ended: once(child, "exit").then(([code]) => {
      if (code !== 0 && !instance.killed) throw new Error(`instance ${assignment.instance} ended with ${String(code)}`)
    }),
    micros: [],
    editedAt: undefined,
    unchecked: 0,
    withoutDefinitions: 0,
    killed: false
  }
  child.on("message", (report: Report) => {
    switch (report._tag) {
      case "Ready":
        return isReady()
      case "Exposures":
        for (const key of report.keys) instance.read.add(key)
        return
      case "Edited":
        instance.editedAt = report.at
        return
      case "WithoutDefinitions":
        instance.withoutDefinitions++
        return
      case "Done":
        instance.micros = report.micros
        instance.unchecked = report.unchecked
    }
  })
  return instance
}

/** Times in which Redis is not available to all, with the seconds in which instances leave it alone afterwards. */
class Unavailability {
  private readonly times: Array<readonly [from: number, to: number]> = []

  async during(trouble: () => Promise<void>): Promise<void> {
    const from = Date.now() - 1000
    await trouble()
    this.times.push([from, Date.now() + 6000])
  }

  includes(at: number): boolean {
    return this.times.some(([from, to]) => at >= from && at <= to)
  }
}

const restart = async (redis: RedisServer, downMillis: number): Promise<void> => {
  await redis.kill()
  await pause(downMillis)
  await redis.start()
}

const quantile = (sorted: ReadonlyArray<number>, share: number) => sorted[Math.floor(sorted.length * share)] ?? 0

const rounded = (value: number) => Math.round(value * 10) / 10

/** Runs a fleet of as many instances, from the first request of each to its end. */
export const run = async (plan: Plan, sharing: Sharing, count: number, trouble: Trouble): Promise<Outcome> => {
  const { durationMillis, instances, people, pollMillis, requests, restarts } = plan
  const redis = await startRedis()
  const endpoint = new FleetEndpoint()
  endpoint.serve(documentOf(false))
  const fleet: Array<Instance> = []
  try {
    const host = await endpoint.listen()
    for (let instance = 0; instance < count; instance++) {
      fleet.push(startInstance({
        _tag: "Serve",
        sharing,
        host,
        redisUrl: redis.url,
        instance,
        requests: Math.round(requests / instances),
        people,
        durationMillis,
        pollMillis
      }))
    }
    const ended = Promise.all(fleet.map(({ ended }) => ended))
    await Promise.race([Promise.all(fleet.map(({ ready }) => ready)), ended])
    const started = Date.now()
    for (const { child } of fleet) child.send("go")
    const at = (share: number) => pause(Math.max(0, started + durationMillis * share - Date.now()))

    const unavailable = new Unavailability()
    let editedAt = 0
    const edit = async () => {
      await at(0.25)
      endpoint.serve(documentOf(true))
      editedAt = Date.now()
    }
    const badMinute = async () => {
      await at(0.4)
      const leader = fleet[endpoint.fetches.at(-1)?.instance ?? 0]
      if (leader !== undefined) {
        leader.killed = true
        leader.child.kill("SIGKILL")
      }
      await at(0.55)
      await unavailable.during(() => restart(redis, 1000))
      await at(0.75)
      await unavailable.during(async () => {
        redis.stall()
        await pause(2000)
        redis.resume()
      })
    }
    const restarting = () =>
      unavailable.during(async () => {
        for (let index = 0; index < restarts; index++) {
          await at(0.05 + (0.85 * index) / restarts)
          await restart(redis, 0)
        }
      })
    const troubled = trouble === "bad minute" ? badMinute() : trouble === "restarts" ? restarting() : undefined
    await Promise.all([edit(), troubled, ended])
    return outcomeOf(fleet, endpoint, unavailable, started, editedAt)
  } finally {
    for (const { child } of fleet) child.kill("SIGKILL")
    endpoint.close()
    await redis.stop()
  }
}

const outcomeOf = (
  fleet: ReadonlyArray<Instance>,
  { exposures, fetches }: FleetEndpoint,
  unavailable: Unavailability,
  started: number,
  editedAt: number
): Outcome => {
  // Whether one of its arrivals was claimed for certain: from then on each further one is a duplicate.
  const arrived = new Map<string, boolean>()
  let duplicates = 0
  let duplicatesInTrouble = 0
  for (const { at, key } of exposures) {
    const before = arrived.get(key)
    const claimed = !unavailable.includes(at)
    if (before !== undefined) {
      if (before && claimed) duplicates++
      else duplicatesInTrouble++
    }
    arrived.set(key, (before ?? false) || claimed)
  }
  const alive = fleet.filter(({ killed }) => !killed)
  const killed = fleet.filter((instance) => instance.killed)
  const missingOf = (some: ReadonlyArray<Instance>) =>
    new Set(some.flatMap(({ read }) => [...read].filter((key) => !arrived.has(key))))
  const lostWithProcess = missingOf(killed)
  const micros = alive.flatMap((instance) => instance.micros).sort((left, right) => left - right)
  // How long the others needed to start is not what is counted, but what each needed for its start is.
  const counted = fetches.filter(({ at, status }) => at >= started || status === 200)
  const { length: full } = counted.filter(({ status }) => status === 200)
  const sum = (of: (instance: Instance) => number) => alive.reduce((total, instance) => total + of(instance), 0)
  return {
    fetches: counted.length,
    billed: 10 * full + (counted.length - full),
    staleness: alive.some((instance) => instance.editedAt === undefined)
      ? -1
      : Math.max(...alive.map((instance) => (instance.editedAt ?? editedAt) - editedAt)),
    exposures: exposures.length,
    duplicates,
    duplicatesInTrouble,
    unchecked: sum((instance) => instance.unchecked),
    lost: [...missingOf(alive)].filter((key) => !lostWithProcess.has(key)).length,
    lostWithProcess: lostWithProcess.size,
    withoutDefinitions: sum((instance) => instance.withoutDefinitions),
    p50: rounded(quantile(micros, 0.5)),
    p99: rounded(quantile(micros, 0.99))
  }
}

/** What the poll of an instance that follows takes, while definitions of `flags` flags stay as they are. */
export const measurePoll = async (flags: number, polls: number): Promise<PollReport> => {
  const redis = await startRedis()
  try {
    const child = startProcess({ _tag: "Poll", redisUrl: redis.url, flags, polls })
    const [report] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error("the process that polls ended without a report")))
    ])
    return report as PollReport
  } finally {
    await redis.stop()
  }
}
