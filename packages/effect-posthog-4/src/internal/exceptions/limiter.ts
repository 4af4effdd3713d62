// Generated from packages/effect-posthog/src/internal/exceptions/limiter.ts by packages/tools/editions.mjs: change that file, not this one.
const bucketSize = 10
const refillMillis = 10_000
const mostBuckets = 1000
const windowMillis = 10_000
const mostInWindow = 100

interface Bucket {
  tokens: number
  /** When the last token came back. */
  refilledAt: number
}

/**
 * Bounds what is reported without being asked for: ten exceptions of a kind and one more every ten seconds, and a hundred
 * in ten seconds of all kinds.
 *
 * @internal
 */
export class Limiter {
  // In the order of their last use.
  private readonly buckets = new Map<string, Bucket>()
  private readonly recent: Array<number> = []
  private oldest = 0
  private suppressed = 0
  private toldAt = Number.NEGATIVE_INFINITY

  /** Whether any exception may be reported at all. Asked first, because it costs nothing. */
  hasRoom(now: number): boolean {
    const earliest = this.recent.length < mostInWindow ? undefined : this.recent[this.oldest]
    return earliest === undefined || now - earliest >= windowMillis || now < earliest
  }

  /** Takes one of the tokens of a kind, and a place among all. */
  take(kind: string, now: number): boolean {
    const bucket = this.bucketOf(kind, now)
    if (bucket.tokens < 1) return false
    bucket.tokens--
    if (this.recent.length < mostInWindow) {
      this.recent.push(now)
    } else {
      this.recent[this.oldest] = now
      this.oldest = (this.oldest + 1) % mostInWindow
    }
    return true
  }

  suppress(): void {
    this.suppressed++
  }

  /** How many were suppressed, when it is time to say so. */
  suppressedToTell(now: number): number | undefined {
    const silent = now >= this.toldAt && now - this.toldAt < windowMillis
    if (this.suppressed === 0 || silent) return undefined
    const suppressed = this.suppressed
    this.suppressed = 0
    this.toldAt = now
    return suppressed
  }

  private bucketOf(kind: string, now: number): Bucket {
    const known = this.buckets.get(kind)
    if (known === undefined) {
      if (this.buckets.size >= mostBuckets) {
        for (const oldest of this.buckets.keys()) {
          this.buckets.delete(oldest)
          break
        }
      }
      const bucket: Bucket = { tokens: bucketSize, refilledAt: now }
      this.buckets.set(kind, bucket)
      return bucket
    }
    this.buckets.delete(kind)
    this.buckets.set(kind, known)
    const refills = Math.floor((now - known.refilledAt) / refillMillis)
    if (refills > 0) {
      known.tokens = Math.min(bucketSize, known.tokens + refills)
      known.refilledAt = known.tokens === bucketSize ? now : known.refilledAt + refills * refillMillis
    } else if (refills < 0) {
      // The clock went back.
      known.refilledAt = now
    }
    return known
  }
}
