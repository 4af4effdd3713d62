// Generated from packages/tools/editions/tests/test/support/effectVitest.ts by packages/tools/editions.mjs: change that file, not this one.
// Stands in for `@effect/vitest`, whose release for Effect 4 needs a newer Vitest than this workspace has.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestConsole from "effect/testing/TestConsole"
import * as FastCheck from "fast-check"
import * as Vitest from "vitest"
import { skipped } from "./skipped.ts"
import * as TestClock from "./testClock.ts"

export * from "vitest"

const testServices = Layer.mergeAll(TestConsole.layer, TestClock.layer, Logger.layer([]))

const run = (effect, signal) =>
  Effect.runPromiseExit(effect, signal === undefined ? undefined : { signal }).then((exit) => {
    if (Exit.isSuccess(exit)) return exit.value
    const [first, ...others] = Cause.prettyErrors(exit.cause)
    throw others.length === 0 ? Cause.squash(exit.cause) : Object.assign(first, { others })
  })

const isSkipped = (name) => {
  const [, path] = /[\\/](test[\\/].*)$/.exec(Vitest.expect.getState().testPath ?? "") ?? []
  return Object.hasOwn(skipped, `${path?.replaceAll("\\", "/")} > ${name}`)
}

/** The test, or none of it where that does not hold for this edition. */
const plain = (name, ...rest) => (isSkipped(name) ? Vitest.it.skip : Vitest.it)(name, ...rest)

const optionsOf = (timeout) => (typeof timeout === "number" ? { timeout } : timeout ?? {})

const makeTester = (prepare) => {
  const register = (test) => (name: string, self: (context: any) => Effect.Effect<any, any, any>, timeout?: any) =>
    test(name, optionsOf(timeout), (context) => run(prepare(Effect.suspend(() => self(context))), context.signal))
  return Object.assign(register(plain), {
    skip: register(Vitest.it.skip),
    skipIf: (condition) => register(Vitest.it.skipIf(condition)),
    runIf: (condition) => register(Vitest.it.runIf(condition)),
    fails: register(Vitest.it.fails),
    each:
      <A>(cases: ReadonlyArray<A>) => (name: string, self: (given: A) => Effect.Effect<any, any, any>, timeout?: any) =>
        Vitest.it.for(cases)(
          name,
          optionsOf(timeout),
          (given, context) => run(prepare(Effect.suspend(() => self(given))), context.signal)
        ),
    prop: (
      name: string,
      arbitraries: any,
      self: (values: any, context: any) => Effect.Effect<any, any, any>,
      timeout?: any
    ) =>
      plain(name, optionsOf(timeout), (context) =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            arbitraryOf(arbitraries),
            (values) => run(prepare(Effect.suspend(() => self(values, context))), context.signal)
          ),
          timeout?.fastCheck
        ))
  })
}

const arbitraryOf = (arbitraries) =>
  Array.isArray(arbitraries) ? FastCheck.tuple(...arbitraries) : FastCheck.record(arbitraries)

const test = (effect) => Effect.scoped(effect).pipe(Effect.provide(testServices))
const live = (effect) => Effect.scoped(effect)

const prop = (name: string, arbitraries: any, self: (values: any) => unknown, timeout?: any) =>
  plain(name, optionsOf(timeout), () =>
    FastCheck.assert(
      FastCheck.property(arbitraryOf(arbitraries), (values) => {
        self(values)
      }),
      timeout?.fastCheck
    ))

/** Tests that share the services of a layer. */
export const layer = (shared, { excludeTestServices = false } = {}) => (...given) => {
  const [name, tests] = given.length === 1 ? [undefined, given[0]] : given
  const define = () => {
    const scope = Effect.runSync(Scope.make())
    const services = Effect.runSync(Effect.cached(
      Layer.buildWithScope(excludeTestServices ? shared : Layer.provideMerge(shared, testServices), scope)
    ))
    const within = (effect) => Effect.flatMap(services, (context) => Effect.provide(Effect.scoped(effect), context))
    Vitest.afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
    const effect = makeTester(within)
    tests(Object.assign((...all) => plain(...all), Vitest.it, { effect, scoped: effect, live: makeTester(live), prop }))
  }
  if (name === undefined) define()
  else Vitest.describe(name, define)
}

export const it = Object.assign((...given) => plain(...given), Vitest.it, {
  effect: makeTester(test),
  scoped: makeTester(test),
  live: makeTester(live),
  scopedLive: makeTester(live),
  layer,
  prop
})
