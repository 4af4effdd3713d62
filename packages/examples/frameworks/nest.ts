import "reflect-metadata"
import { Catch, Controller, Get, Headers, HttpException, Module } from "@nestjs/common"
import type { ArgumentsHost, OnApplicationShutdown } from "@nestjs/common"
import { BaseExceptionFilter, HttpAdapterHost, NestFactory } from "@nestjs/core"
import type * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as RequestContext from "effect-posthog/RequestContext"
import { check } from "./check.ts"
import { checkout } from "./checkout.ts"

// #region handler
class ReportingFilter extends BaseExceptionFilter {
  readonly #posthog: PostHogPromise.PromiseClient

  constructor(posthog: PostHogPromise.PromiseClient, adapter: HttpAdapterHost) {
    super(adapter.httpAdapter)
    this.#posthog = posthog
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest()
    if (!(error instanceof HttpException) || error.getStatus() >= 500) {
      void this.#posthog.with(RequestContext.fromHeaders(request.headers)).captureException(error, {
        properties: { route: request.route?.path }
      })
    }
    super.catch(error, host)
  }
}
Catch()(ReportingFilter)
// #endregion

// #region shutdown
class PostHogShutdown implements OnApplicationShutdown {
  readonly #posthog: PostHogPromise.PromiseClient

  constructor(posthog: PostHogPromise.PromiseClient) {
    this.#posthog = posthog
  }

  onApplicationShutdown(): Promise<void> {
    return this.#posthog.shutdown()
  }
}
// #endregion

// Decorators are called as the functions they are, so that the program needs no compiler option.
let clientOf: (headers: Parameters<typeof RequestContext.fromHeaders>[0]) => PostHogPromise.PromiseClient

class ShopController {
  checkout(headers: Parameters<typeof RequestContext.fromHeaders>[0]) {
    return checkout(clientOf(headers))
  }

  boom(): never {
    throw new Error("boom")
  }
}
for (const route of ["checkout", "boom"] as const) {
  const method = Object.getOwnPropertyDescriptor(ShopController.prototype, route)
  if (method !== undefined) Get(route)(ShopController.prototype, route, method)
}
Headers()(ShopController.prototype, "checkout", 0)
Controller()(ShopController)

class AppModule {}

await check(async (posthog) => {
  Module({
    controllers: [ShopController],
    providers: [{ provide: PostHogShutdown, useFactory: () => new PostHogShutdown(posthog) }]
  })(AppModule)
  clientOf = (headers) => posthog.with(RequestContext.fromHeaders(headers))
  const app = await NestFactory.create(AppModule, { logger: false })
  app.useGlobalFilters(new ReportingFilter(posthog, app.get(HttpAdapterHost)))
  app.enableShutdownHooks()
  await app.listen(0, "127.0.0.1")
  return { url: (await app.getUrl()).replace("[::1]", "127.0.0.1"), close: () => app.close() }
})
