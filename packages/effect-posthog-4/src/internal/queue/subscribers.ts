// Generated from packages/effect-posthog/src/internal/queue/subscribers.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as EffectPull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Delivery } from "../../Delivery.ts"
import { wake } from "../wake.ts"
import { RingBuffer } from "./ringBuffer.ts"

type Pull = EffectPull.Pull<NonEmptyReadonlyArray<Delivery>>

class Subscriber {
  private readonly buffer = new RingBuffer<Delivery>()
  private readonly capacity: number
  private missed = 0
  private ended = false
  private resume: ((pull: Pull) => void) | undefined

  constructor(capacity: number) {
    this.capacity = capacity
  }

  push(delivery: Delivery): void {
    if (this.buffer.length === this.capacity) {
      this.buffer.shift()
      this.missed++
    }
    this.buffer.push(delivery)
    this.resumeReader()
  }

  end(): void {
    this.ended = true
    this.resumeReader()
  }

  readonly pull: Pull = Effect.suspend(() => {
    if (this.buffer.length > 0) return Effect.succeed(this.take())
    if (this.ended) return Cause.done()
    return Effect.callback<NonEmptyReadonlyArray<Delivery>, Cause.Done>((resume) => {
      this.resume = resume
    })
  })

  private resumeReader(): void {
    const { resume } = this
    if (resume === undefined) return
    this.resume = undefined
    wake(() => resume(this.pull))
  }

  private take(): NonEmptyReadonlyArray<Delivery> {
    const taken: Array<Delivery> = []
    if (this.missed > 0) {
      taken.push({ _tag: "Missed", count: this.missed })
      this.missed = 0
    }
    for (let next = this.buffer.shift(); next !== undefined; next = this.buffer.shift()) taken.push(next)
    return taken as ReadonlyArray<Delivery> as NonEmptyReadonlyArray<Delivery>
  }
}

/**
 * Publishes how events end. Publishing never waits: each subscriber has its own buffer, in which the newest ends push
 * out the oldest.
 *
 * @internal
 */
export class Subscribers {
  private readonly subscribers = new Set<Subscriber>()
  private readonly capacity: number
  private ended = false

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** Without subscribers an end need not be published. */
  get silent(): boolean {
    return this.subscribers.size === 0
  }

  publish(delivery: Delivery): void {
    for (const subscriber of this.subscribers) subscriber.push(delivery)
  }

  /** Ends the streams, after what their subscribers have not read yet. */
  end(): void {
    this.ended = true
    for (const subscriber of this.subscribers) subscriber.end()
    this.subscribers.clear()
  }

  readonly stream: Stream.Stream<Delivery> = Stream.scoped(Stream.fromPull(
    Effect.acquireRelease(
      Effect.sync(() => {
        const subscriber = new Subscriber(this.capacity)
        if (this.ended) subscriber.end()
        else this.subscribers.add(subscriber)
        return subscriber
      }),
      (subscriber) => Effect.sync(() => this.subscribers.delete(subscriber))
    ).pipe(Effect.map((subscriber) => subscriber.pull))
  ))
}
