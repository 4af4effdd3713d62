import { evaluateFlags } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import { Shown } from "./observed.ts"
import { locally } from "./values.ts"

const list = <A>(length: number, make: (index: number) => A): Array<A> =>
  Array.from({ length }, (_, index) => make(index))

const filter = { key: "k", type: "person", operator: "exact", value: "pro" }

const everyone = { key: "sound", active: true, filters: { groups: [{}] } }

const one = (filters: object) => ({
  flags: [everyone, { key: "f", active: true, filters: { groups: [{}], ...filters } }]
})

const cohorts = (make: (id: number) => unknown, count: number) => ({
  flags: [
    everyone,
    ...list(100, (id) => ({
      key: `f${id}`,
      active: true,
      filters: { groups: [{ properties: [{ key: "id", type: "cohort", value: id }] }] }
    }))
  ],
  cohorts: Object.fromEntries(list(count, (id) => [id, make(id)]))
})

const web = (count: number) => (): unknown => ({
  type: "AND",
  values: list(count, (value) => ({ key: "id", type: "cohort", value }))
})

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/** Documents by what is hostile about them. `scale`: 1 is what a document of a few dozen megabytes holds. */
const documents: Readonly<Record<string, (scale: number) => unknown>> = {
  "conditions of one flag": (scale) => one({ groups: list(400_000 * scale, () => ({ properties: [filter] })) }),
  "filters of one condition": (scale) => one({ groups: [{ properties: list(400_000 * scale, () => filter) }] }),
  "variants of one flag": (scale) =>
    one({
      multivariate: { variants: list(400_000 * scale, (index) => ({ key: `v${index}`, rollout_percentage: 0 })) }
    }),
  "numbers of one payload": (scale) => one({ payloads: { true: list(6_000_000 * scale, (index) => index) } }),
  "a payload of text": () => one({ payloads: { true: JSON.stringify(list(150_000, (index) => index)) } }),
  "payloads of one flag": (scale) =>
    one({ payloads: Object.fromEntries(list(400_000 * scale, (index) => [`v${index}`, index])) }),
  "values of one filter": (scale) =>
    one({ groups: [{ properties: [{ ...filter, value: list(1_000_000 * scale, String) }] }] }),
  "malformed cohorts": (scale) => cohorts(() => 7, 1_000_000 * scale),
  "cohorts that refer to all of them": (scale) => cohorts(web(600 * Math.sqrt(scale)), 600 * Math.sqrt(scale)),
  "a flag that refers to all cohorts of such a web": (scale) => {
    const count = Math.round(600 * Math.sqrt(scale))
    return {
      ...cohorts(web(count), count),
      flags: list(20, (index) => ({
        ...everyone,
        key: `f${index}`,
        filters: { groups: [{ properties: list(count, (value) => ({ key: "id", type: "cohort", value })) }] }
      }))
    }
  },
  "flags": (scale) => ({ flags: list(200_000 * scale, (index) => ({ ...everyone, key: `f${index}` })) }),
  "malformed flags": (scale) => ({ flags: [everyone, ...list(1_000_000 * scale, () => 7)] }),
  "group types": (scale) => ({
    flags: [everyone],
    group_type_mapping: Object.fromEntries(list(500_000 * scale, (index) => [index, "x"]))
  }),
  "what the library does not read": (scale) => ({ flags: [everyone], more: list(6_000_000 * scale, (index) => index) }),
  "a flag nested 100,000 deep": () => ({ flags: [everyone, { key: "deep", active: true, filters: nested(100_000) }] }),
  "one text": (scale) => one({ groups: [{ properties: [{ ...filter, value: "x".repeat(30_000_000 * scale) }] }] })
}

const installation = (document: unknown) =>
  Effect.map(
    Effect.exit(Effect.provide(
      Effect.map(
        evaluateFlags({ distinctId: "a", personProperties: { k: "free" }, onlyEvaluateLocally: true }),
        (snapshot) => snapshot.keys.includes("sound") || snapshot.keys.length > 0
      ),
      locally(document)
    )),
    (exit) => Exit.isSuccess(exit) ? exit.value : exit
  )

const attack: Attack = {
  kind: "D7",
  name: "documents of hostile shape, installed and evaluated",
  run: async (meter, short) => {
    const tally = new Tally()
    const scale = short ? 0.1 : 1
    for (const [name, make] of Object.entries(documents)) {
      const document = make(scale)
      const shown = new Shown()
      const result = await meter.measure(name, () => shown.run(installation(document)))
      if (result === true) tally.count("installed, and a sound flag decided")
      else if (result === false) tally.count("installed, nothing decided")
      else tally.count("refused with a typed error")
      if (result !== true && name !== "a flag that refers to all cohorts of such a web") {
        tally.fail("a sound flag lost", `${name}: ${String(result)}`)
      }
    }
    return tally
  }
}

export default attack
