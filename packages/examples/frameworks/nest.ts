import "reflect-metadata"
import { Catch, Controller, Get, HttpException, Module } from "@nestjs/common"
import type { ArgumentsHost } from "@nestjs/common"
import { BaseExceptionFilter, HttpAdapterHost, NestFactory } from "@nestjs/core"
import type * as PostHogPromise from "effect-posthog/PostHogPromise"
import { check } from "./check.ts"

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
      void this.#posthog.captureException(error, {
        distinctId: request.headers["x-posthog-distinct-id"],
        properties: { route: request.route?.path }
      })
    }
    super.catch(error, host)
  }
}
Catch()(ReportingFilter)
// #endregion

// Decorators are called as the functions they are, so that the program needs no compiler option.
class BoomController {
  boom(): never {
    throw new Error("boom")
  }
}
const boom = Object.getOwnPropertyDescriptor(BoomController.prototype, "boom")
if (boom !== undefined) Get("boom")(BoomController.prototype, "boom", boom)
Controller()(BoomController)

class AppModule {}
Module({ controllers: [BoomController] })(AppModule)

await check(async (posthog) => {
  const app = await NestFactory.create(AppModule, { logger: false })
  app.useGlobalFilters(new ReportingFilter(posthog, app.get(HttpAdapterHost)))
  await app.listen(0, "127.0.0.1")
  return { url: (await app.getUrl()).replace("[::1]", "127.0.0.1"), close: () => app.close() }
})
