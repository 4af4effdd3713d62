import { evaluateFlags, EventQueue, Events } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import { clientLayer, Shown } from "./observed.ts"
import { openServer } from "./server.ts"

const shared = (levels: number): unknown => {
  let value: unknown = { leaf: "x".repeat(100) }
  for (let level = 0; level < levels; level++) value = [value, value]
  return value
}

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = { value }
  return value
}

const circular = (): unknown => {
  const value: Record<string, unknown> = {}
  value["self"] = value
  value["list"] = [value, { value }]
  return value
}

const unreadable = (): unknown =>
  new Proxy({}, {
    ownKeys: () => {
      throw new Error("no keys")
    },
    get: () => {
      throw new Error("no value")
    }
  })

const endless = (): unknown =>
  new Proxy({}, {
    ownKeys: () => Array.from({ length: 20_000 }, (_, index) => `k${index}`),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
    get: (_, key) => typeof key === "string" ? key : undefined
  })

const growing = (): unknown => ({ toJSON: () => growing() })

const throwing = (): unknown => ({
  toJSON: () => {
    throw new Error("no JSON")
  },
  toString: () => {
    throw new Error("no text")
  }
})

const list = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

/** Property values that are much larger than they look, or that cannot be read. */
const values: Readonly<Record<string, (short: boolean) => unknown>> = {
  "a text of 100 MB": () => "x".repeat(100_000_000),
  "a text of escapes": () => "\u0001".repeat(4_000_000),
  "a text of three bytes a character": () => "\u6771".repeat(6_000_000),
  "many small texts": () => list(4_000_000, () => "x"),
  "many numbers": () => list(8_000_000, () => 1.5),
  "many objects": () => list(2_000_000, () => ({})),
  "many keys": (short) => Object.fromEntries(list(short ? 200_000 : 1_000_000, (index) => [`key-${index}`, 1])),
  "shared structures": () => shared(60),
  "nested 100,000 deep": () => deep(100_000),
  "circular": circular,
  "a proxy that throws": unreadable,
  "a proxy of 20,000 keys": endless,
  "toJSON without an end": growing,
  "toJSON that throws": throwing,
  "a typed array": () => new Uint8Array(20_000_000),
  "a map of maps": () => new Map(list(200_000, (index) => [index, new Map([[index, new Set([index])]])])),
  "a sparse array": () => {
    const value: Array<number> = []
    value[100_000_000] = 1
    return value
  },
  "bigints": () => list(100_000, (index) => BigInt(index) ** 20n),
  "symbols and functions": () => ({ [Symbol("s")]: 1, f: () => 1, s: Symbol("s"), list: [() => 1] })
}

/** A timer may fire before the turn is over in which it was set, and what follows would be measured with it. */
const wholeTurn = Effect.async<void>((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

/** Beside the limit of an event, the limit of a request is 20 MiB. */
const largestBody = 24 * 1024 * 1024

export const properties: Attack = {
  kind: "D5",
  name: "property values that are larger than they look or cannot be read, on events and on evaluations",
  run: async (meter, short) => {
    const tally = new Tally()
    const server = await openServer()
    for (const [name, make] of Object.entries(values)) {
      const value = make(short)
      const capturing = Effect.gen(function*() {
        const queue = yield* EventQueue
        yield* Events.capture({ event: "e", distinctId: "a", properties: { value } })
        yield* wholeTurn
        yield* Events.identify({ distinctId: "a", set: { value } })
        yield* queue.flush
        const { accepted, delivered, dropped } = yield* queue.counts
        return accepted === 0
          ? "refused as an event"
          : delivered === accepted
          ? "sent as an event"
          : `dropped ${dropped} of ${accepted} events`
      })
      const evaluating = Effect.map(
        Effect.either(evaluateFlags({ distinctId: "a", personProperties: { value } })),
        (result) => result._tag === "Right" ? "evaluated" : `evaluation failed: ${result.left.reason}`
      )
      for (const [what, program] of [["capture", capturing], ["evaluation", evaluating]] as const) {
        const exit = await meter.measure(
          `${name}, ${what}`,
          () =>
            new Shown().run(Effect.exit(Effect.provide(
              program,
              clientLayer({
                host: server.host("sound"),
                flags: { requestTimeout: "20 seconds" },
                events: { requestTimeout: "20 seconds" }
              })
            ))),
          { times: short ? 1 : 3, engine: { "JSON.stringify": () => JSON.stringify(value) } }
        )
        if (Exit.isSuccess(exit)) tally.count(exit.value)
        else tally.fail("a defect", `${name}, ${what}: ${String(exit.cause)}`)
      }
    }
    const { largest } = await server.counted()
    if (largest > largestBody) tally.fail("a body beyond the limit", `${largest} bytes`)
    server.close()
    return tally
  }
}

/** What callers without types pass for ids, keys and records. */
const untyped: ReadonlyArray<unknown> = [
  undefined,
  null,
  "",
  0,
  -0,
  Number.NaN,
  Infinity,
  7,
  7n,
  true,
  false,
  Symbol("s"),
  () => "f",
  [],
  [""],
  ["a"],
  {},
  Object.create(null),
  new String("boxed"),
  new String(""),
  new Number(7),
  new Date(0),
  new Date(Number.NaN),
  new Map([["a", 1]]),
  new Set(["a"]),
  /a/,
  Effect.succeed("a"),
  Promise.resolve("a"),
  throwing(),
  unreadable(),
  circular(),
  shared(60),
  deep(100_000),
  "x".repeat(10_000_000),
  "\ud800",
  "__proto__"
]

const doors: Readonly<Record<string, (value: never) => Effect.Effect<unknown, unknown, never>>> = (() => {
  const withClient =
    (host: () => string, program: (value: never) => Effect.Effect<unknown, unknown, unknown>) => (value: never) =>
      Effect.provide(
        // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
        program(value) as ReturnType<typeof evaluateFlags>,
        clientLayer({ host: host(), flags: { requestTimeout: "10 seconds" } })
      ) as Effect.Effect<unknown, unknown, never>
  const programs: Readonly<Record<string, (value: never) => Effect.Effect<unknown, unknown, unknown>>> = {
    "evaluateFlags": (value) => evaluateFlags(value),
    "evaluateFlags, distinctId": (value) => evaluateFlags({ distinctId: value }),
    "evaluateFlags, deviceId": (value) => evaluateFlags({ distinctId: "a", deviceId: value }),
    "evaluateFlags, groups": (value) => evaluateFlags({ distinctId: "a", groups: value }),
    "evaluateFlags, a group": (value) => evaluateFlags({ distinctId: "a", groups: { company: value } }),
    "evaluateFlags, personProperties": (value) => evaluateFlags({ distinctId: "a", personProperties: value }),
    "evaluateFlags, groupProperties": (value) => evaluateFlags({ distinctId: "a", groupProperties: value }),
    "evaluateFlags, flagKeys": (value) => evaluateFlags({ distinctId: "a", flagKeys: value }),
    "evaluateFlags, a key": (value) => evaluateFlags({ distinctId: "a", flagKeys: [value] }),
    "capture": (value) => Events.capture(value),
    "capture, event": (value) => Events.capture({ event: value }),
    "capture, distinctId": (value) => Events.capture({ event: "e", distinctId: value }),
    "capture, properties": (value) => Events.capture({ event: "e", distinctId: "a", properties: value }),
    "capture, groups": (value) => Events.capture({ event: "e", distinctId: "a", groups: value }),
    "capture, a group": (value) => Events.capture({ event: "e", distinctId: "a", groups: { company: value } }),
    "capture, timestamp": (value) => Events.capture({ event: "e", distinctId: "a", timestamp: value }),
    "capture, uuid": (value) => Events.capture({ event: "e", distinctId: "a", uuid: value }),
    "capture, set": (value) => Events.capture({ event: "e", distinctId: "a", set: value }),
    "capture, unset": (value) => Events.capture({ event: "e", distinctId: "a", unset: value }),
    "capture, flags": (value) => Events.capture({ event: "e", distinctId: "a", flags: value }),
    "identify": (value) => Events.identify(value),
    "identify, distinctId": (value) => Events.identify({ distinctId: value }),
    "alias": (value) => Events.alias({ distinctId: "a", alias: value }),
    "groupIdentify, groupType": (value) => Events.groupIdentify({ groupType: value, groupKey: "a" }),
    "groupIdentify, groupKey": (value) => Events.groupIdentify({ groupType: "a", groupKey: value }),
    "setPersonProperties": (value) => Events.setPersonProperties({ distinctId: "a", set: value })
  }
  return Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [name, withClient(() => host, program)])
  )
})()

let host = ""

export const untypedCallers: Attack = {
  kind: "D6",
  name: "values of every other type for ids, keys, groups, records and whole messages",
  run: async (meter, short) => {
    const tally = new Tally()
    const server = await openServer()
    host = server.host("sound")
    for (const [door, call] of Object.entries(doors)) {
      for (const [index, value] of untyped.entries()) {
        if (short && index % 3 !== 0) continue
        const exit = await meter.measure(
          `${door} with value ${index}`,
          () => new Shown().run(Effect.exit(Effect.suspend(() => call(value as never)))),
          { times: 1 }
        )
        if (Exit.isSuccess(exit)) tally.count("answered")
        else if (exit.cause._tag === "Fail") tally.count("a typed error")
        else tally.fail("a defect", `${door} with value ${index}: ${String(exit.cause)}`)
      }
    }
    server.close()
    return tally
  }
}
