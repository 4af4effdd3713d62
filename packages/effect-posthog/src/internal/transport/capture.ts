import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { makeUtcFormatter } from "../timestamp.ts"
import { makeCaptureV0 } from "./captureV0.ts"
import type { Compressor } from "./compressBody.ts"
import { eventOptions } from "./eventOptions.ts"
import { eventRequest, makeSendEvents, refused } from "./sendEvents.ts"

/** @internal */
export interface CaptureParts {
  readonly client: HttpClient.HttpClient
  readonly settings: Settings
  readonly gzip: Compressor
  readonly compressor: Compressor
}

// Programs that chose the protocol load it: see decision 0016.
const v1Module = Effect.promise(() => import("./captureV1.ts"))

/**
 * Sends a batch with the protocol of the settings, one for the AI endpoint always with V0.
 *
 * @internal
 */
export const makeCapture = Effect.fnUntraced(function*({ client, compressor, gzip, settings }: CaptureParts) {
  const captureV0 = makeCaptureV0(settings, makeSendEvents({ client, compressor: gzip, settings }))
  if (settings.events.protocol === "v0") return captureV0
  const { makeCaptureV1 } = yield* v1Module
  const captureV1 = makeCaptureV1(settings, {
    eventOptions,
    eventRequest,
    formatUtc: makeUtcFormatter(),
    refused,
    send: makeSendEvents({ client, compressor, settings })
  })
  return (batch: EventBatch): Effect.Effect<SendOutcome> => batch.route === "ai" ? captureV0(batch) : captureV1(batch)
})
