import { evaluateFlags, EventQueue, Events, Flag, LocalEvaluator } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import { hostileNames, problemOf } from "./names.ts"
import { clientLayer, secretKey, Shown } from "./observed.ts"
import { openServer } from "./server.ts"
import { locally } from "./values.ts"

const documentOf = (name: string) => ({
  flags: [
    { key: name, active: true, filters: { version: 2 } },
    { key: "a", active: true, filters: { groups: [{ properties: [{ key: name, type: name, operator: name }] }] } },
    { key: "b", active: true, filters: { groups: [{ properties: [{ key: "id", type: "cohort", value: name }] }] } },
    { key: "c", active: true, filters: { groups: [{ properties: [{ key: name, type: "flag", value: name }] }] } },
    { key: "d", active: true, filters: { payloads: { [name]: 7 }, multivariate: { variants: [{ key: name }] } } },
    { key: "e", active: true, filters: { groups: [{ properties: [{ key: name, type: "person", operator: name }] }] } }
  ],
  cohorts: { [name]: { type: "AND", values: [{ key: name, type: name, operator: name }] }, more: { type: name } },
  group_type_mapping: { 0: name }
})

const definitions = (name: string) =>
  Effect.gen(function*() {
    yield* evaluateFlags({ distinctId: name, personProperties: { [name]: name }, groups: { [name]: name } })
    yield* evaluateFlags({ distinctId: "a", flagKeys: [name] })
  }).pipe(Effect.ignore, Effect.provide(locally(documentOf(name))))

// All that a caller names: events, keys of flags, of properties and of groups, and ids.
const calls = (name: string, host: string) =>
  Effect.gen(function*() {
    const queue = yield* EventQueue
    const snapshot = yield* evaluateFlags({
      distinctId: name,
      groups: { [name]: name },
      groupProperties: { [name]: { [name]: name } },
      personProperties: { [name]: name, wrong: 1n },
      flagKeys: [name]
    })
    yield* Effect.ignore(snapshot.isEnabled(name))
    yield* Effect.ignore(snapshot.get(Flag.boolean(name)))
    yield* Effect.ignore(snapshot.only([name]))
    yield* snapshot.isEnabled("unknown")
    yield* Events.capture({ event: name, distinctId: name, properties: { [name]: name }, groups: { [name]: name } })
    yield* Events.capture({ event: name, distinctId: "a", properties: { large: "x".repeat(9_000_000) } })
    yield* Events.capture({ event: name, distinctId: "a", timestamp: name, uuid: name })
    yield* Events.identify({ distinctId: name })
    yield* Events.captureWithFlags({ event: name, distinctId: name, flags: snapshot })
    yield* Events.captureAi({ event: name })
    yield* queue.flush
    yield* Effect.ignore((yield* LocalEvaluator).reload)
  }).pipe(Effect.ignore, Effect.provide(clientLayer({ host, secretKey: Redacted.make(secretKey) })))

const attack: Attack = {
  kind: "D3",
  name: "names with line ends, terminal sequences and bidirectional marks, and of a megabyte",
  run: async (meter, short) => {
    const tally = new Tally()
    const server = await openServer()
    const look = (where: string, { messages }: Shown) => {
      for (const message of messages) {
        const problem = problemOf(message)
        if (problem === undefined) tally.count("line in order")
        else tally.fail("line out of order", `${where}: ${problem}`)
      }
    }
    const hosts = (["sound", "names", "refusal"] as const).slice(0, short ? 2 : 3)
    for (const name of hostileNames) {
      const where = JSON.stringify(name.slice(0, 20))
      const loading = new Shown()
      await meter.measure(`definitions with ${where}`, () => loading.run(definitions(name)), { times: 1 })
      look("definitions", loading)
      for (const host of hosts) {
        const calling = new Shown()
        await meter.measure(`calls with ${where}`, () => calling.run(calls(name, server.host(host))), { times: 1 })
        look(`calls, ${host}`, calling)
      }
    }
    server.close()
    return tally
  }
}

export default attack
