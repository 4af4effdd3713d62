import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { evaluateFlags, LocalEvaluator } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Tally } from "./Attack.ts"
import type { Attack } from "./Attack.ts"
import type { Meter } from "./meter.ts"
import { clientLayer, secretKey, Shown } from "./observed.ts"
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

/** Whether a flag is decided, or why none is. */
const evaluation = Effect.map(
  evaluateFlags({ distinctId: "a", personProperties: { k: "free" }, onlyEvaluateLocally: true }),
  (snapshot) => snapshot.keys.includes("sound") || snapshot.keys.length > 0
)

const settled = <E>(installed: Effect.Effect<boolean, E>) =>
  Effect.map(Effect.exit(installed), (exit) => Exit.isSuccess(exit) ? exit.value : exit)

/** The document as a value, as a program passes it. */
const asValue = (document: unknown) => settled(Effect.provide(evaluation, locally(document)))

const bytesPerChunk = 64 * 1024

const bodyOf = (bytes: Uint8Array): ReadableStream<Uint8Array> => {
  let from = 0
  return new ReadableStream({
    pull: (controller) => {
      if (from >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(from, from + bytesPerChunk))
      from += bytesPerChunk
    }
  })
}

/** The document as an answer of PostHog, or of what is in its place. */
const asAnswer = (bytes: Uint8Array) => {
  const client = HttpClient.make((request) =>
    Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(bodyOf(bytes))))
  )
  return settled(
    Effect.flatMap(LocalEvaluator, ({ reload }) => Effect.zipRight(reload, evaluation)).pipe(
      Effect.provide(clientLayer(
        {
          secretKey: Redacted.make(secretKey),
          definitions: { requestTimeout: "60 seconds", maxDocumentBytes: 200 * 1024 * 1024, pollInterval: "1 hour" }
        },
        Layer.succeed(HttpClient.HttpClient, client)
      ))
    )
  )
}

const isUndecidable = "a flag that refers to all cohorts of such a web"

/** What the log says of parts that are larger than any of PostHog's. */
const isNamed = ({ messages }: Shown): boolean => messages.some((message) => message.includes("is too large"))

/** Documents that JSON text cannot hold, or that recursion is needed to write. */
const values: ReadonlySet<string> = new Set(["a flag nested 100,000 deep"])

/** Documents with parts that are left out when they arrive as text. */
const leftOut: ReadonlySet<string> = new Set([
  "conditions of one flag",
  "filters of one condition",
  "variants of one flag",
  "numbers of one payload",
  "payloads of one flag",
  "values of one filter",
  "malformed cohorts",
  "group types",
  "one text"
])

/** The largest object of a document: engines list its names in one go. */
const largestOf = (document: unknown): object | undefined => {
  const { cohorts, flags, group_type_mapping: groupTypes } = document as {
    readonly flags: ReadonlyArray<{ readonly filters?: { readonly payloads?: object } } | undefined>
    readonly cohorts?: object
    readonly group_type_mapping?: object
  }
  return groupTypes ?? cohorts ?? flags[1]?.filters?.payloads
}

const attack: Attack = {
  kind: "D7",
  name: "documents of hostile shape, as answers and as values, installed and evaluated",
  run: async (meter, short) => {
    const tally = new Tally()
    const count = (name: string, result: unknown) => {
      if (result === true) tally.count("installed, and a sound flag decided")
      else if (result === false) tally.count("installed, nothing decided")
      else tally.count("refused with a typed error")
      if (result !== true && !name.startsWith(isUndecidable)) {
        tally.fail("a sound flag lost", `${name}: ${String(result)}`)
      }
    }
    for (const [name, make] of Object.entries(documents)) {
      if (!values.has(name)) await answer(name, make, meter, tally, count, short)
      const document = make(short ? 0.1 : 1)
      const shown = new Shown()
      const part = `${name}, as a value`
      const largest = largestOf(document)
      const engine = {
        "JSON.stringify": () => JSON.stringify(document),
        ...(largest === undefined ? {} : { "Object.keys": () => Object.keys(largest) })
      }
      count(part, await meter.measure(part, () => shown.run(asValue(document)), { engine }))
    }
    return tally
  }
}

const answer = async (
  name: string,
  make: (scale: number) => unknown,
  meter: Meter,
  tally: Tally,
  count: (name: string, result: unknown) => void,
  short: boolean
): Promise<void> => {
  // Large enough in the short form, too, that what is to be left out is.
  const text = JSON.stringify(make(short ? (leftOut.has(name) ? 0.3 : 0.1) : 1))
  const bytes = new TextEncoder().encode(text)
  const shown = new Shown()
  const part = `${name}, as an answer`
  const engine = { "JSON.parse": () => JSON.parse(text) as unknown }
  count(part, await meter.measure(part, () => shown.run(asAnswer(bytes)), { engine }))
  if (leftOut.has(name) && !isNamed(shown)) tally.fail("too large, and not named", name)
}

export default attack
