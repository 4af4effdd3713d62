// Generated from packages/effect-posthog/src/internal/spool/spoolCounters.ts by packages/tools/editions.mjs: change that file, not this one.
import { Counters } from "../queue/counters.ts"

/**
 * Events count as accepted when the spool takes them, not when they enter the memory of their queue.
 *
 * @internal
 */
export class SpoolCounters extends Counters {
  take(): void {
    super.accept()
  }

  override accept(): void {}
}
