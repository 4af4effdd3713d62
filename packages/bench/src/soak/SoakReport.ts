import type { DeliveryReport } from "./delivery.ts"
import type { EvaluationReport } from "./evaluation.ts"

/** Each part in a process of its own. */
export interface SoakReport {
  readonly evaluation: EvaluationReport
  readonly delivery: DeliveryReport
}
