import type { EventBatch, SendOutcome } from "effect-posthog"
import { EventTransport } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A transport that answers what it is told to and remembers what it was given. */
export class RecordingTransport {
  readonly batches: Array<EventBatch> = []
  answer: (batch: EventBatch) => SendOutcome | void = () => {}

  get events() {
    return this.batches.flatMap((batch) => batch.events)
  }

  readonly layer: Layer.Layer<EventTransport> = Layer.succeed(EventTransport, {
    send: (batch) =>
      Effect.sync(() => {
        this.batches.push(batch)
        return this.answer(batch)
      })
  })
}
