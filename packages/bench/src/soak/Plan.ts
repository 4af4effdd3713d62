/** How much a soak does. Either part ends with its last wave, or with the first one after its time. */
export interface Plan {
  readonly evaluations: number
  readonly distinctIds: number
  /** Events captured and delivered, beside those that evaluation brings about. */
  readonly events: number
  readonly waves: number
  readonly seconds: number
}

export const full: Plan = {
  evaluations: 10_000_000,
  distinctIds: 1_000_000,
  events: 10_000_000,
  waves: 50,
  seconds: 1500
}

export const short: Plan = { evaluations: 1_000_000, distinctIds: 100_000, events: 1_000_000, waves: 40, seconds: 90 }
