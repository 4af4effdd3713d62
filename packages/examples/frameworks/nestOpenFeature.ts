import "reflect-metadata"
import { fromClient } from "@effect-posthog/openfeature"
import { PostHogServer } from "@effect-posthog/testkit"
import { Controller, Get, Module } from "@nestjs/common"
import type { ExecutionContext } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { BooleanFeatureFlag, OpenFeature, OpenFeatureModule, RequireFlagsEnabled } from "@openfeature/nestjs-sdk"
import type { EvaluationDetails } from "@openfeature/nestjs-sdk"
import { Effect, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"
import { firstValueFrom } from "rxjs"
import type { Observable } from "rxjs"

// #region module
// `forRoot` can take the provider as well, but does not wait until it is ready: early requests would get defaults.
const bindProvider = (posthog: PostHogPromise.PromiseClient) =>
  OpenFeature.setProviderAndWait(fromClient(posthog, { defaultDistinctId: "anonymous" }))

const OpenFeatureOfRequests = OpenFeatureModule.forRoot({
  contextFactory: (context: ExecutionContext) => {
    const { headers } = context.switchToHttp().getRequest()
    return { targetingKey: headers["x-user"], plan: headers["x-plan"] }
  }
})
// #endregion

// Decorators are called as the functions they are, so that the program needs no compiler option.
class CheckoutController {
  // The SDK brings a copy of rxjs of its own, whose observables Nest does not recognize as an answer: wait for the value.
  async checkout(isNew: Observable<EvaluationDetails<boolean>>): Promise<string> {
    const { value } = await firstValueFrom(isNew)
    return value ? "new" : "old"
  }

  beta(): string {
    return "beta"
  }
}

const decorate = (name: "checkout" | "beta", ...decorators: ReadonlyArray<MethodDecorator>): void => {
  const method = Object.getOwnPropertyDescriptor(CheckoutController.prototype, name)
  assert.ok(method)
  for (const decorator of decorators) decorator(CheckoutController.prototype, name, method)
}

BooleanFeatureFlag({ flagKey: "new-checkout", defaultValue: false })(CheckoutController.prototype, "checkout", 0)
decorate("checkout", Get("checkout"))
decorate("beta", Get("beta"), RequireFlagsEnabled({ flags: [{ flagKey: "beta" }] }))
Controller()(CheckoutController)

class AppModule {}
Module({ imports: [OpenFeatureOfRequests], controllers: [CheckoutController] })(AppModule)

const onPlan = (key: string, plan: string) => ({
  key,
  active: true,
  filters: {
    groups: [{
      properties: [{ key: "plan", type: "person", operator: "exact", value: [plan] }],
      rollout_percentage: 100
    }]
  }
})

const definitions = { flags: [onPlan("new-checkout", "pro"), onPlan("beta", "pro")] }

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* Effect.promise(async () => {
    const posthog = PostHogPromise.make({
      apiKey: Redacted.make("phc_test"),
      secretKey: Redacted.make("phs_test"),
      host: server.url
    })
    await bindProvider(posthog)
    const app = await NestFactory.create(AppModule, { logger: false })
    await app.listen(0, "127.0.0.1")
    const url = (await app.getUrl()).replace("[::1]", "127.0.0.1")
    const get = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}${path}`, { headers })
      return response.ok ? await response.text() : response.status
    }
    const ada = { "x-user": "ada", "x-plan": "pro" }
    // Many at a time: each request has the context of its own person.
    const answers = await Promise.all([
      get("/checkout", ada),
      get("/checkout", { "x-user": "bob", "x-plan": "free" }),
      get("/checkout", {}),
      get("/beta", ada),
      get("/beta", { "x-user": "bob", "x-plan": "free" })
    ])
    assert.deepEqual(answers, ["new", "old", "old", "beta", 404])
    await app.close()
    await OpenFeature.close()
    await posthog.close()
  })
  const events = yield* server.events
  const exposures = events.map(({ distinct_id, properties }) =>
    `${String(distinct_id)} ${String(properties["$feature_flag"])} ${String(properties["$feature_flag_response"])}`
  )
  assert.deepEqual(exposures.sort(), [
    "ada beta true",
    "ada new-checkout true",
    "anonymous new-checkout false",
    "bob beta false",
    "bob new-checkout false"
  ])
})

await Effect.runPromise(Effect.provide(program, PostHogServer.layer({ definitions })))
