// Generated from packages/testkit/test/support/neverAnswering.ts by packages/tools/editions.mjs: change that file, not this one.
// A program of its own: a server that closes on each fault that never ends its answer, or not for a day. The process
// must then end by itself, which shows that nothing is left that holds it.
import { Fault, PostHogServer } from "@effect-posthog/testkit-4"
import { Console, Effect } from "effect"

const withoutHead: Readonly<Record<string, Fault.Fault>> = {
  hang: Fault.hang,
  reset: Fault.reset,
  delay: Fault.delay("1 day")
}

const withHead: Readonly<Record<string, Fault.Fault>> = {
  stalledBody: Fault.stalledBody,
  truncatedBody: Fault.truncatedBody,
  resetMidBody: Fault.resetMidBody,
  drip: Fault.drip("1 day")
}

const closeOn = (name: string, fault: Fault.Fault) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    yield* server.always("flags", fault)
    const body = JSON.stringify({ token: "phc_test", distinct_id: "ada" })
    const head = fetch(`${server.url}/flags/?v=2`, { method: "POST", body })
    const ended = head.then((answer) => answer.text()).catch(() => undefined)
    yield* name in withHead ? Effect.promise(() => head) : server.awaitRequests("flags", 1)
    return ended
  }).pipe(
    Effect.provide(PostHogServer.layer()),
    Effect.flatMap((ended) => Effect.promise(() => ended)),
    Effect.andThen(Console.log(`closed on ${name}`))
  )

const all = Object.entries({ ...withoutHead, ...withHead })

await Effect.runPromise(Effect.forEach(all, ([name, fault]) => closeOn(name, fault), { discard: true }))
