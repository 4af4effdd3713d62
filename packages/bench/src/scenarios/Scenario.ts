import type { Effort } from "../measuring/interleaved.ts"
import type { Row } from "../measuring/Row.ts"

/** How thorough a run is: `full` for numbers to publish, `quick` for a look, `guard` for a check. */
export type Mode = "full" | "quick" | "guard"

export interface Setting {
  readonly mode: Mode
  readonly effort: Effort
}

/** Time per call against the number of flags, for the plot. */
export interface Point {
  readonly name: string
  readonly flags: number
  readonly micros: number
}

export interface Outcome {
  readonly rows: ReadonlyArray<Row>
  readonly points?: ReadonlyArray<Point> | undefined
}

/** Some measurements that belong together. Each scenario runs in a process of its own. */
export type Scenario = (setting: Setting) => Promise<Outcome>

export const efforts: Readonly<Record<Mode, Effort>> = {
  full: { rounds: 9, roundMillis: 250, warmUpMillis: 1000 },
  quick: { rounds: 5, roundMillis: 40, warmUpMillis: 300 },
  guard: { rounds: 9, roundMillis: 40, warmUpMillis: 300 }
}
