import type { Meter, Part } from "./meter.ts"

/** The rows of the table of attacks. */
export type Kind = "D1" | "D2" | "D3" | "D4" | "D5" | "D6" | "D7" | "D8" | "D9" | "D10" | "D11" | "D12"

/** What became of the inputs of an attack, by name of what became of them. */
export type Outcomes = Readonly<Record<string, number>>

/** One cell of the hold table: the longest turn of the event loop when flags are evaluated with a value. */
export interface Hold {
  /** The type and the size of the value. */
  readonly type: string
  readonly size: string
  readonly flags: number
  readonly turn: Part
}

export interface Findings {
  readonly outcomes: Outcomes
  /** What must not have happened. */
  readonly problems: ReadonlyArray<string>
  readonly holds?: ReadonlyArray<Hold>
}

/** One attack: inputs of a kind, tried on the library as programs use it. */
export interface Attack {
  readonly kind: Kind
  readonly name: string
  readonly run: (meter: Meter, short: boolean) => Promise<Findings>
}

/** Counts what became of inputs. */
export class Tally {
  readonly outcomes: Record<string, number> = {}
  readonly problems: Array<string> = []
  readonly holds: Array<Hold> = []

  count(outcome: string): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1
  }

  /** Counts an outcome that is a problem. */
  fail(outcome: string, detail: string): void {
    this.count(outcome)
    if (this.problems.length < 20) this.problems.push(`${outcome}: ${detail.slice(0, 200)}`)
  }
}
