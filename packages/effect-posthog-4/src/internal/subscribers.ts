// Generated from packages/effect-posthog/src/internal/subscribers.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as EffectPull from "effect/Pull"
import * as Stream from "effect/Stream"
import { RingBuffer } from "./ringBuffer.ts"
import { wake } from "./wake.ts"

type Pull<A> = EffectPull.Pull<NonEmptyReadonlyArray<A>>

interface SubscribersOptions<A> {
  /** What a subscriber may be behind before it loses the oldest. */
  readonly capacity: number
  /** Tells a subscriber how many it has lost. Absent: it is not told. */
  readonly missed?: ((count: number) => A) | undefined
}

class Subscriber<A> {
  private readonly buffer = new RingBuffer<A>()
  private readonly options: SubscribersOptions<A>
  private missed = 0
  private ended = false
  private resume: ((pull: Pull<A>) => void) | undefined

  constructor(options: SubscribersOptions<A>) {
    this.options = options
  }

  push(published: A): void {
    if (this.buffer.length === this.options.capacity) {
      this.buffer.shift()
      this.missed++
    }
    this.buffer.push(published)
    this.resumeReader()
  }

  end(): void {
    this.ended = true
    this.resumeReader()
  }

  readonly pull: Pull<A> = Effect.suspend(() => {
    if (this.buffer.length > 0) return Effect.succeed(this.take())
    if (this.ended) return Cause.done()
    return Effect.callback<NonEmptyReadonlyArray<A>, Cause.Done>((resume) => {
      this.resume = resume
    })
  })

  private resumeReader(): void {
    const { resume } = this
    if (resume === undefined) return
    this.resume = undefined
    wake(() => resume(this.pull))
  }

  private take(): NonEmptyReadonlyArray<A> {
    const { missed } = this.options
    const taken: Array<A> = []
    if (this.missed > 0 && missed !== undefined) taken.push(missed(this.missed))
    this.missed = 0
    for (let next = this.buffer.shift(); next !== undefined; next = this.buffer.shift()) taken.push(next)
    return taken as ReadonlyArray<A> as NonEmptyReadonlyArray<A>
  }
}

/**
 * Publishes values to those who subscribed, such as how events end. Publishing never waits: each subscriber has its own
 * buffer, in which the newest values push out the oldest.
 *
 * @internal
 */
export class Subscribers<A> {
  private readonly subscribers = new Set<Subscriber<A>>()
  private readonly options: SubscribersOptions<A>
  private ended = false

  constructor(options: SubscribersOptions<A>) {
    this.options = options
  }

  /** Without subscribers a value need not be published. */
  get silent(): boolean {
    return this.subscribers.size === 0
  }

  publish(published: A): void {
    for (const subscriber of this.subscribers) subscriber.push(published)
  }

  /** Ends the streams, after what their subscribers have not read yet. */
  end(): void {
    this.ended = true
    for (const subscriber of this.subscribers) subscriber.end()
    this.subscribers.clear()
  }

  readonly stream: Stream.Stream<A> = Stream.suspend(() =>
    Stream.scoped(Stream.fromPull(
      Effect.acquireRelease(
        Effect.sync(() => {
          const subscriber = new Subscriber(this.options)
          if (this.ended) subscriber.end()
          else this.subscribers.add(subscriber)
          return subscriber
        }),
        (subscriber) => Effect.sync(() => this.subscribers.delete(subscriber))
      ).pipe(Effect.map((subscriber) => subscriber.pull))
    ))
  )
}
