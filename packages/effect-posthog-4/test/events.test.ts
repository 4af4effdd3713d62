// Generated from packages/effect-posthog/test/events.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import { assert, describe, it } from "./support/effectVitest.ts"
import { Context, Deferred, Effect, Exit, Fiber, FiberId, Layer, Logger, Metric, Option, Scope } from "effect"
import * as TestClock from "./support/testClock.ts"
import type { BeforeSend, EventDraft, PostHogEvent } from "effect-posthog-4"
import { EventQueue, Events, FlagSnapshot, PostHogMetrics, RequestContext } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import { version } from "../src/internal/library.ts"
import { queueLayer, recordDeliveries, ScriptedTransport, settled } from "./support/queue.ts"

const sdk = { $lib: "effect-posthog", $lib_version: version, $is_server: true, $geoip_disable: true }

/** Runs the program against a queue and answers with the events that left it. */
const sent = <A, E>(
  program: Effect.Effect<A, E, EventQueue>,
  events: Options["events"] = {},
  rest: Partial<Options> = {}
): Effect.Effect<ReadonlyArray<PostHogEvent>, E> => {
  const transport = new ScriptedTransport()
  return program.pipe(
    Effect.andThen(Events.flush),
    Effect.provide(queueLayer(transport, events, rest)),
    Effect.map(() => transport.batches.flatMap((batch) => batch.events))
  )
}

const sentOne = <A, E>(program: Effect.Effect<A, E, EventQueue>, rest: Partial<Options> = {}, hooks?: BeforeSend) =>
  Effect.map(sent(program, hooks === undefined ? {} : { beforeSend: hooks }, rest), ([event]) => {
    assert.isDefined(event)
    return event
  })

const offer = (draft: Partial<EventDraft>) =>
  Effect.flatMap(EventQueue, (queue) => queue.offer({ event: "paid", distinctId: "ada", ...draft }))

const warningsOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<ReadonlyArray<string>, E, R> =>
  Effect.suspend(() => {
    const messages: Array<string> = []
    const logger = makeLogger(({ message }) => void messages.push(String(message)))
    return Effect.as(Effect.provide(effect, Logger.layer([logger])), messages)
  })

const collectLogs = (lines: Array<string>) =>
  Logger.layer([makeLogger(({ message }) => {
      lines.push(String(message))
    })])

describe("capture", () => {
  it.effect("sends an event whose groups cannot be read, without them", () => {
    const groups = {
      get company(): string {
        throw new Error("unreadable")
      },
      toJSON: () => {
        throw new Error("unreadable")
      }
    }
    return Effect.gen(function*() {
      const event = yield* sentOne(Events.capture({ event: "paid", distinctId: "ada", groups: groups as never }))
      assert.notProperty(event.properties, "$groups")
    })
  })

  it.effect("sends the event under the id it answers with, stamped once", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("90 seconds")
      let id = ""
      const event = yield* sentOne(Effect.map(
        Events.capture({ event: "invoice paid", distinctId: "ada", properties: { amount: 5 } }),
        (answer) => {
          id = Option.getOrThrow(answer)
        }
      ))
      assert.deepStrictEqual(event, {
        event: "invoice paid",
        distinctId: "ada",
        uuid: id,
        timestamp: "1970-01-01T00:01:30.000Z",
        properties: { amount: 5, ...sdk }
      })
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    }))

  it.effect("keeps a valid uuid and the digits of a timestamp; replaces what is unusable, with a warning", () =>
    Effect.gen(function*() {
      const uuid = "0199F3C2-8D10-4C4E-9A77-5B0D5A3C1E42"
      const kept = yield* sentOne(
        Events.capture({ event: "e", distinctId: "a", uuid, timestamp: "2025-01-02T08:34:05.1234567+05:30" })
      )
      assert.deepInclude(kept, { uuid, timestamp: "2025-01-02T03:04:05.1234567Z" })
      const warnings = yield* warningsOf(Effect.gen(function*() {
        const replaced = yield* sentOne(
          Events.capture({ event: "e", distinctId: "a", uuid: "no", timestamp: "yesterday" })
        )
        assert.match(replaced.uuid, /^[0-9a-f-]{36}$/)
        assert.strictEqual(replaced.timestamp, "1970-01-01T00:00:00.000Z")
      }))
      assert.include(warnings.join(), "unusable timestamp and uuid")
      const each = yield* warningsOf(sentOne(
        Effect.andThen(
          Events.capture({ event: "e", distinctId: "a", timestamp: "yesterday" }),
          Events.capture({ event: "e", distinctId: "a", uuid: "no" })
        )
      ))
      assert.include(each.join(), "unusable timestamp;")
      assert.include(each.join(), "unusable uuid;")
    }))

  it.effect("sends what can be read of properties that throw, wherever they are merged", () =>
    Effect.gen(function*() {
      const bad = {
        plan: "pro",
        get broken(): string {
          throw new Error("no")
        }
      }
      const read = { plan: "pro", broken: "[Unreadable]" }
      const capture = (message: Partial<Events.CaptureMessage>) =>
        Events.capture({ event: "e", distinctId: "ada", ...message })
      const withSet = yield* sentOne(capture({ properties: bad, set: { a: 1 } }))
      assert.deepInclude(withSet.properties, { ...read, $set: { a: 1 } })
      const intoSet = yield* sentOne(capture({ properties: { $set: { a: 1 } }, set: bad }))
      assert.deepInclude(intoSet.properties, { $set: { a: 1, ...read } })
      const ofContext = yield* sentOne(
        capture({}).pipe(
          RequestContext.with({ sessionId: "s", properties: bad }),
          RequestContext.with({
            properties: { outer: 1 }
          })
        )
      )
      assert.deepInclude(ofContext.properties, { $session_id: "s", outer: 1, ...read })
      const hidden = new Proxy({}, {
        ownKeys: () => {
          throw new Error("no")
        }
      })
      assert.deepInclude((yield* sentOne(capture({ properties: hidden, set: { a: 1 } }))).properties, {
        $set: { a: 1 }
      })
    }))

  it.effect("takes the identity that is given, else that of the request context, of the snapshot, or a random one", () =>
    Effect.gen(function*() {
      const flags = FlagSnapshot.fromValues({}, { distinctId: "from flags" })
      const id = (event: PostHogEvent) => event.distinctId
      const context = RequestContext.with({ distinctId: "from context" })
      const capture = (message: Partial<Events.CaptureMessage>) => Events.capture({ event: "e", ...message })
      assert.strictEqual(id(yield* sentOne(context(capture({ distinctId: "given", flags })))), "given")
      assert.strictEqual(id(yield* sentOne(context(capture({ flags })))), "from context")
      assert.strictEqual(id(yield* sentOne(capture({ flags }))), "from flags")
      assert.strictEqual(id(yield* sentOne(capture({ distinctId: "", flags }))), "from flags")
      const personless = yield* sentOne(capture({}))
      assert.match(personless.distinctId, /^[0-9a-f-]{36}$/)
      assert.strictEqual(personless.properties["$process_person_profile"], false)
      const asked = yield* sentOne(capture({ properties: { $process_person_profile: true } }))
      assert.strictEqual(asked.properties["$process_person_profile"], true)
      assert.notProperty((yield* sentOne(capture({ distinctId: "given" }))).properties, "$process_person_profile")
    }))

  it.effect("law 8: merges flags, super properties, the request context and the caller's, in this order", () =>
    Effect.gen(function*() {
      const flags = FlagSnapshot.fromValues({ beta: true, price: "annual", dark: false }, { distinctId: "ada" })
      const event = yield* sentOne(
        Events.capture({ event: "e", flags, properties: { "$feature/beta": "mine", level: "caller", $lib: "mine" } })
          .pipe(
            RequestContext.with({ sessionId: "s1", properties: { level: "context", place: "context" } })
          ),
        { properties: { level: "super", place: "super", region: "eu", "$feature/price": "super" } }
      )
      assert.deepStrictEqual(event.properties, {
        "$feature/beta": "mine",
        "$feature/price": "super",
        "$feature/dark": false,
        $active_feature_flags: ["beta", "price"],
        level: "caller",
        place: "context",
        region: "eu",
        $session_id: "s1",
        ...sdk
      })
    }))

  it.effect("sends groups when there are any, and never overwrites the caller's with none", () =>
    Effect.gen(function*() {
      const groups = (message: Partial<Events.CaptureMessage>) =>
        Effect.map(
          sentOne(Events.capture({ event: "e", distinctId: "a", ...message })),
          ({ properties }) => properties["$groups"]
        )
      assert.deepStrictEqual(yield* groups({ groups: { workspace: "w1" } }), { workspace: "w1" })
      assert.deepStrictEqual(yield* groups({ groups: {}, properties: { $groups: { team: 1 } } }), { team: 1 })
      assert.isUndefined(yield* groups({ groups: {} }))
    }))

  it.effect("says where it comes from as configured", () =>
    Effect.gen(function*() {
      const event = yield* sentOne(
        Events.capture({ event: "e", distinctId: "a" }),
        { disableGeoip: false, isServer: false }
      )
      assert.deepStrictEqual(event.properties, { $lib: "effect-posthog", $lib_version: version })
      const overridden = yield* sentOne(Events.capture({ event: "e", distinctId: "a", disableGeoip: false }))
      assert.notProperty(overridden.properties, "$geoip_disable")
    }))

  it.effect("puts changes of the person into properties", () =>
    Effect.gen(function*() {
      const event = yield* sentOne(Events.capture({
        event: "e",
        distinctId: "a",
        properties: { $set: { a: 1, b: 1 } },
        set: { b: 2 },
        setOnce: { c: 3 },
        unset: ["d"]
      }))
      assert.deepStrictEqual(event.properties, { $set: { a: 1, b: 2 }, $set_once: { c: 3 }, $unset: ["d"], ...sdk })
    }))

  it.effect("of a message without a name is None, said once, and counted; strict functions fail", () => {
    const lines: Array<string> = []
    return Effect.gen(function*() {
      for (let round = 0; round < 3; round++) {
        assert.isTrue(Option.isNone(yield* Events.capture({ event: "", distinctId: "a" })))
      }
      yield* Events.identify({ distinctId: "" })
      assert.deepStrictEqual(lines, [
        "An event was not captured: event is empty",
        "The event \"$identify\" was not captured: distinctId is empty"
      ])
      const refused = yield* Effect.flip(Events.strict.capture({ event: "", distinctId: "a" }))
      assert.deepInclude(refused, { _tag: "InvalidEventError", field: "event" })
      const invalid = yield* Metric.value(Metric.withAttributes(PostHogMetrics.eventsInvalid, { ["field"]: "event" }))
      assert.isAtLeast(invalid.count, 4)
    }).pipe(Effect.provide(EventQueue.layerNoop), Effect.provide(collectLogs(lines)))
  })

  it.effect("takes what callers without types pass, and says what it leaves out", () => {
    const lines: Array<string> = []
    const untyped = Events.capture as (message: unknown) => ReturnType<typeof Events.capture>
    const throwing = {
      event: "thrower",
      get distinctId() {
        throw new Error("no")
      }
    }
    return Effect.gen(function*() {
      const absent = yield* sentOne(
        untyped({
          event: "e",
          distinctId: 17,
          properties: null,
          groups: { company: undefined, team: "t" },
          flags: null,
          set: null,
          timestamp: null,
          uuid: null,
          disableGeoip: null
        })
      )
      assert.deepStrictEqual([absent.distinctId, absent.properties], ["17", { $groups: { team: "t" }, ...sdk }])
      assert.deepStrictEqual(lines, [])
      const odd = yield* sentOne(
        untyped({
          event: "e",
          distinctId: { id: 1 },
          properties: new Map([["a", 1]]),
          groups: { company: {} },
          flags: 5,
          unset: "x"
        })
      )
      assert.deepStrictEqual(odd.properties, { ...sdk, $process_person_profile: false })
      assert.deepStrictEqual(lines, [
        "The event \"e\" is captured without what cannot be used: \"distinctId\", \"properties\", \"unset\", \"flags\", \"groups.company\""
      ])
      for (
        const message of [undefined, null, 5, "e", throwing, { event: 5 }, { event: "e", distinctId: "x".repeat(2000) }]
      ) {
        assert.isTrue(Option.isNone(yield* untyped(message)))
      }
    }).pipe(Effect.provide(EventQueue.layerNoop), Effect.provide(collectLogs(lines)))
  })

  it.effect("warns once of many flags on an event, and names the remedy", () => {
    const lines: Array<string> = []
    const flags = FlagSnapshot.fromValues(
      Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`flag-${index}`, true]))
    )
    return Effect.gen(function*() {
      for (let round = 0; round < 3; round++) yield* Events.capture({ event: "paid", distinctId: "a", flags })
      assert.deepStrictEqual(lines, [
        "The event \"paid\" carries 2000 flags: attach those that matter, by snapshot.onlyAccessed or snapshot.only"
      ])
    }).pipe(Effect.provide(EventQueue.layerNoop), Effect.provide(collectLogs(lines)))
  })

  it.effect("takes the groups of the request unless the message has some", () =>
    Effect.gen(function*() {
      const groups = (message: Partial<Events.CaptureMessage>) =>
        Effect.map(
          sentOne(
            RequestContext.with(Events.capture({ event: "e", distinctId: "a", ...message }), {
              groups: { company: "acme" },
              personProperties: { plan: "pro" },
              groupProperties: { company: { size: 5 } }
            })
          ),
          ({ properties }) => {
            assert.notMatch(JSON.stringify(properties), /plan|size/)
            return properties["$groups"]
          }
        )
      assert.deepStrictEqual(yield* groups({}), { company: "acme" })
      assert.deepStrictEqual(yield* groups({ groups: {} }), { company: "acme" })
      assert.deepStrictEqual(yield* groups({ groups: { team: "t" } }), { team: "t" })
      assert.deepStrictEqual(yield* groups({ properties: { $groups: { team: "p" } } }), { team: "p" })
    }))

  it.effect("answers None when the queue does not take the event", () =>
    Effect.map(Events.capture({ event: "e" }), (answer) => assert.isTrue(Option.isNone(answer))).pipe(
      Effect.provide(EventQueue.layerNoop)
    ))
})

describe("the other messages", () => {
  it.effect("have the shapes PostHog knows", () =>
    Effect.gen(function*() {
      const events = yield* sent(Effect.all([
        Events.identify({ distinctId: "ada", set: { email: "a@example.com" }, setOnce: { first: 1 } }),
        Events.alias({ distinctId: "anonymous", alias: "ada" }),
        Events.groupIdentify({ groupType: "workspace", groupKey: 12, properties: { plan: "scale" } }),
        Events.groupIdentify({ groupType: "workspace", groupKey: "w", distinctId: "ada" }),
        Events.setPersonProperties({ distinctId: "ada", set: { a: 1 }, unset: ["b"] })
      ]))
      assert.deepStrictEqual(
        events.map(({ distinctId, event, properties }) => [
          event,
          distinctId,
          Object.fromEntries(Object.entries(properties).filter(([key]) => !Object.hasOwn(sdk, key)))
        ]),
        [
          ["$identify", "ada", { $set: { email: "a@example.com" }, $set_once: { first: 1 } }],
          ["$create_alias", "anonymous", { distinct_id: "anonymous", alias: "ada" }],
          ["$groupidentify", "$workspace_12", {
            $group_type: "workspace",
            $group_key: 12,
            $group_set: { plan: "scale" }
          }],
          ["$groupidentify", "ada", { $group_type: "workspace", $group_key: "w", $group_set: {} }],
          ["$set", "ada", { $set: { a: 1 }, $unset: ["b"] }]
        ]
      )
    }))

  it.effect("name the id they lack", () =>
    Effect.gen(function*() {
      const { strict } = Events
      const field = (effect: ReturnType<typeof strict.capture>) =>
        Effect.map(Effect.flip(effect), (error) => [error.event, error.field])
      assert.deepStrictEqual(yield* field(strict.identify({ distinctId: "" })), ["$identify", "distinctId"])
      assert.deepStrictEqual(yield* field(strict.alias({ distinctId: "a", alias: "" })), ["$create_alias", "alias"])
      assert.deepStrictEqual(yield* field(strict.alias({ distinctId: "", alias: "a" })), [
        "$create_alias",
        "distinctId"
      ])
      assert.deepStrictEqual(yield* field(strict.groupIdentify({ groupType: "", groupKey: "k" })), [
        "$groupidentify",
        "groupType"
      ])
      assert.deepStrictEqual(yield* field(strict.groupIdentify({ groupType: "t", groupKey: "" })), [
        "$groupidentify",
        "groupKey"
      ])
      assert.deepStrictEqual(yield* field(strict.setPersonProperties({ distinctId: "" })), ["$set", "distinctId"])
      assert.deepStrictEqual(yield* field(strict.captureAi({ event: "$ai_trace" })), ["$ai_trace", "distinctId"])
    }).pipe(Effect.provide(EventQueue.layerNoop)))

  it.effect("that change nothing of a person are not sent", () =>
    Effect.gen(function*() {
      const events = yield* sent(Effect.all([
        Events.setPersonProperties({ distinctId: "ada" }),
        Events.setPersonProperties({ distinctId: "ada", set: {}, setOnce: {}, unset: [] }),
        Events.setPersonProperties({ distinctId: "ada", unset: ["a"] })
      ]))
      assert.deepStrictEqual(events.map(({ properties }) => properties["$unset"]), [["a"]])
    }))

  it.effect("captureAi takes the AI route, capture never does", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      yield* Events.captureAi({ event: "$ai_generation", distinctId: "a" })
      yield* Events.captureAi({ event: "other", distinctId: "a" })
      yield* Events.capture({ event: "$ai_generation", distinctId: "a" })
      yield* Events.flush
      assert.deepStrictEqual(
        transport.batches.map(({ events, route }) => [route, events.length]).sort(),
        [["ai", 2], ["analytics", 1]]
      )
    }).pipe(Effect.provide(queueLayer(transport)))
  })
})

describe("minimal exposures", () => {
  it.effect("keep the allowlist and nothing else, before the hooks", () =>
    Effect.gen(function*() {
      const event = yield* sentOne(
        offer({
          minimal: true,
          event: "$feature_flag_called",
          properties: {
            $feature_flag: "beta",
            "$feature/beta": true,
            locally_evaluated: true,
            $feature_flag_payload: 1
          },
          contextProperties: { $session_id: "s", custom: 1 },
          groups: { team: "t" }
        }),
        { properties: { super: 1 } },
        (minimal) => ({ ...minimal, properties: { ...minimal.properties, added: true } })
      )
      assert.deepStrictEqual(event.properties, {
        $feature_flag: "beta",
        locally_evaluated: true,
        $session_id: "s",
        $groups: { team: "t" },
        ...sdk,
        added: true
      })
    }))
})

describe("beforeSend", () => {
  it.effect("runs plain and effectful hooks in order on copies of their own", () =>
    Effect.gen(function*() {
      const shared = { list: [1] }
      const seen: Array<unknown> = []
      const [event] = yield* sent(offer({ properties: { shared } }), {
        beforeSend: [
          (given) => {
            seen.push(given.properties["shared"])
            ;(given.properties["shared"] as typeof shared).list.push(2)
            return { ...given, event: `${given.event}!`, properties: { ...given.properties, date: new Date(0) } }
          },
          (given) => Effect.succeed({ ...given, distinctId: "changed", properties: { ...given.properties, ok: true } }),
          (given) => Effect.delay(Effect.succeed({ ...given, timestamp: "2025-01-01T01:00:00+01:00", uuid: "bad" }), 0)
        ]
      })
      assert.deepStrictEqual(shared, { list: [1] })
      assert.notStrictEqual(seen[0], shared)
      assert.deepInclude(event, { event: "paid!", distinctId: "changed", timestamp: "2025-01-01T00:00:00Z" })
      assert.match(event!.uuid, /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual(event!.properties, {
        shared: { list: [1, 2] },
        date: "1970-01-01T00:00:00.000Z",
        ok: true,
        ...sdk
      })
    }))

  it.effect("answers with the id that goes out when a hook changes it", () =>
    Effect.gen(function*() {
      const uuid = "0199f3c2-8d10-4c4e-9a77-5b0d5a3c1e42"
      const transport = new ScriptedTransport()
      yield* Effect.gen(function*() {
        assert.deepStrictEqual(yield* offer({}), { _tag: "Accepted", id: uuid as never })
        yield* Events.flush
        assert.strictEqual(transport.batches[0]?.events[0]?.uuid, uuid)
      }).pipe(Effect.provide(queueLayer(transport, { beforeSend: (event) => ({ ...event, uuid }) })))
    }))

  const { proxy: revoked, revoke } = Proxy.revocable({} as PostHogEvent, {})
  revoke()
  const hostile = {
    get event(): string {
      throw new Error("secret")
    }
  } as PostHogEvent
  const rejecting: ReadonlyArray<readonly [string, BeforeSend, string, boolean]> = [
    ["null", () => null, "Hook", false],
    ["an effect of null", () => Effect.succeed(null), "Hook", false],
    [
      "a throw",
      () => {
        throw new Error("secret")
      },
      "HookFailed",
      true
    ],
    ["a failure", () => Effect.fail("secret"), "HookFailed", true],
    ["a defect", () => Effect.die("secret"), "HookFailed", true],
    ["nothing", (() => undefined) as never, "HookFailed", true],
    ["a promise that fails", (() => Promise.reject(new Error("secret"))) as never, "HookFailed", true],
    ["an event that cannot be read", () => revoked, "HookFailed", true],
    ["an event that throws when it is read", () => hostile, "HookFailed", true],
    ["an effect of such an event", () => Effect.succeed(hostile), "HookFailed", true],
    ["no name", (event) => ({ ...event, event: "" }), "HookFailed", true],
    ["no properties", (event) => ({ ...event, properties: null as never }), "HookFailed", true]
  ]
  for (const [name, hook, reason, warns] of rejecting) {
    it.effect(`rejects the event on ${name}, ${warns ? "with a warning" : "silently"}, and stops`, () => {
      const transport = new ScriptedTransport()
      let later = 0
      return Effect.gen(function*() {
        const warnings = yield* warningsOf(Effect.gen(function*() {
          assert.deepStrictEqual(yield* offer({ event: "paid" }), { _tag: "Rejected", reason: reason as never })
        }))
        assert.strictEqual(warnings.length, warns ? 1 : 0)
        assert.notInclude(warnings.join(), "secret")
        yield* Events.flush
        assert.deepStrictEqual(transport.batches, [])
        assert.strictEqual(later, 0)
      }).pipe(Effect.provide(queueLayer(transport, {
        beforeSend: [hook, (event: PostHogEvent) => {
          later++
          return event
        }]
      })))
    })
  }

  it.effect("an event that cannot be read ends also when its hook decides late", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* queue.tryOffer({ event: "paid", distinctId: "ada" })
      yield* queue.flush
      assert.strictEqual((yield* queue.counts).droppedBy.HookFailed, 1)
    }).pipe(Effect.provide(queueLayer(transport, { beforeSend: () => Effect.succeed(hostile) })))
  })

  it.effect("tryOffer does not wait for an effectful hook: what it decides is on deliveries", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      const { seen } = yield* recordDeliveries
      const release = yield* Deferred.make<void>()
      released = Deferred.await(release)
      const offers = yield* Effect.forEach(
        ["keep", "reject", "fail"],
        (event) => queue.tryOffer({ event, distinctId: "ada" })
      )
      assert.isTrue(offers.every((offered) => offered._tag === "Accepted"))
      assert.deepInclude(yield* queue.counts, { accepted: 3, queued: 3 })
      const flushed = yield* Effect.forkChild(queue.flush, { uninterruptible: "inherit" })
      yield* settled
      assert.isTrue(Option.isNone(yield* Effect.sync(() => Option.fromUndefinedOr(flushed.pollUnsafe()))))
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(flushed)
      yield* settled
      const ids = offers.map((offered) => (offered._tag === "Accepted" ? offered.id : ""))
      assert.deepStrictEqual(
        new Map(
          seen.map((end) => [end._tag === "Missed" ? "" : end.id, end._tag === "Dropped" ? end.reason : end._tag])
        ),
        new Map([[ids[0], "Delivered"], [ids[1], "Hook"], [ids[2], "HookFailed"]]) as never
      )
      assert.deepStrictEqual(transport.batches.flatMap(({ events }) => events.map(({ uuid }) => uuid)), [ids[0]!])
    }).pipe(Effect.provide(queueLayer(transport, { beforeSend: hook })), Effect.scoped)
  })
  let released: Effect.Effect<void> = Effect.void
  const hook: BeforeSend = (event) =>
    Effect.flatMap(released, () =>
      event.event === "fail"
        ? Effect.fail("no")
        : Effect.succeed(event.event === "reject" ? null : { ...event, uuid: "0199f3c2-8d10-4c4e-9a77-5b0d5a3c1e42" }))
})

describe("a hook that decides late", () => {
  const gates = () => {
    const waiting = new Map<string, Deferred.Deferred<void>>()
    const hook: BeforeSend = (event) =>
      Effect.as(Deferred.await(waiting.get(event.event) ?? Deferred.makeUnsafe<void>()), event).pipe(
        Effect.uninterruptible
      )
    const offerGated = (event: string) =>
      Effect.gen(function*() {
        const gate = yield* Deferred.make<void>()
        waiting.set(event, gate)
        const queue = yield* EventQueue
        yield* queue.tryOffer({ event, distinctId: "ada" })
        return Deferred.succeed(gate, undefined)
      })
    return { hook, offerGated }
  }

  it.effect("holds a flush up, even when later events are through", () => {
    const transport = new ScriptedTransport()
    const { hook, offerGated } = gates()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      const early = yield* offerGated("early")
      const late = yield* offerGated("late")
      const flushed = yield* Effect.forkChild(queue.flush, { uninterruptible: "inherit" })
      yield* Effect.andThen(late, settled)
      assert.deepInclude(yield* queue.counts, { delivered: 1, queued: 1 })
      assert.isTrue(Option.isNone(yield* Effect.sync(() => Option.fromUndefinedOr(flushed.pollUnsafe()))))
      yield* early
      yield* Fiber.join(flushed)
      assert.deepStrictEqual(transport.names, [["late"], ["early"]])
    }).pipe(Effect.provide(queueLayer(transport, { beforeSend: hook })))
  })

  it.effect("sends nothing after the queue has closed", () => {
    const transport = new ScriptedTransport()
    const { hook, offerGated } = gates()
    return Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        queueLayer(transport, { beforeSend: hook, shutdownTimeout: 0 }),
        scope
      )
      const release = yield* Effect.provide(offerGated("late"), context)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { uninterruptible: "inherit" })
      yield* settled
      yield* release
      yield* Fiber.join(closing)
      yield* settled
      const { droppedBy, queued } = yield* Context.get(context, EventQueue).counts
      assert.deepStrictEqual([droppedBy.ShutdownTimeout, queued], [1, 0])
      assert.deepStrictEqual(transport.batches, [])
    }).pipe(Effect.provide(Logger.layer([])))
  })
})

describe("large events", () => {
  it.effect("are refused alone, with name and size in the log and nothing of the content", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const text = "\u00e9".repeat(500 * 1024)
      const warnings = yield* warningsOf(Effect.gen(function*() {
        assert.deepStrictEqual(yield* offer({ event: "large", properties: { text } }), {
          _tag: "Rejected",
          reason: "TooLarge"
        })
        yield* offer({ event: "small" })
      }))
      assert.strictEqual(warnings.length, 1)
      assert.match(warnings[0] ?? "", /"large" is too large to be sent: 102\d{4} bytes/)
      yield* Events.flush
      assert.deepStrictEqual(transport.names, [["small"]])
    }).pipe(Effect.provide(queueLayer(transport)))
  })

  it.effect("fit when their JSON is just below 900 KiB, and the AI route takes more", () =>
    Effect.gen(function*() {
      const events = yield* sent(Effect.all([
        offer({ event: "fits", properties: { text: "x".repeat(899 * 1024) } }),
        offer({ event: "ai", route: "ai", properties: { text: "x".repeat(7 * 1024 * 1024) } })
      ]))
      assert.strictEqual(events.length, 2)
    }))

  it.effect("may be made smaller by a hook", () =>
    Effect.gen(function*() {
      const event = yield* sentOne(
        offer({ properties: { text: "x".repeat(950 * 1024) } }),
        {},
        (given) => ({ ...given, properties: { text: "short" } })
      )
      assert.deepStrictEqual(event.properties, { text: "short" })
    }))
})
