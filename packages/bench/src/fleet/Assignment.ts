/** How the instances of a fleet share definitions. */
export type Sharing = "none" | "redis" | "posthog-node example" | "python example"

/** What an instance does: serves its part of the requests, at an even pace. */
export interface Assignment {
  readonly _tag: "Serve"
  readonly sharing: Sharing
  readonly host: string
  readonly redisUrl: string
  readonly instance: number
  readonly requests: number
  readonly people: number
  readonly durationMillis: number
  readonly pollMillis: number
}

/** What an instance tells the process that started it. */
export type Report =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Exposures"; readonly keys: ReadonlyArray<string> }
  | { readonly _tag: "Edited"; readonly at: number }
  | { readonly _tag: "WithoutDefinitions" }
  | Done

/** What an instance ends with, once all that it had queued is sent. */
export interface Done {
  readonly _tag: "Done"
  /** For each request, in order of length. */
  readonly micros: ReadonlyArray<number>
  /** Events that were sent without a claim. */
  readonly unchecked: number
}

export type Tell = (report: Report) => void

/** Measures the polls of an instance that follows, of definitions that do not change. */
export interface PollAssignment {
  readonly _tag: "Poll"
  readonly redisUrl: string
  readonly flags: number
  readonly polls: number
}

export interface PollReport {
  /** To Redis and back, per poll. */
  readonly bytes: number
  /** Processor time per poll. */
  readonly micros: number
  /** What the definitions take as JSON. */
  readonly documentBytes: number
}

export const flags = ["checkout", "editor", "search", "billing", "theme"]

export const projectKey = "phc_fleet"

export const secretKey = "phs_fleet"

/** Tells the server which instance asks: the host is the same for all, since a fleet is told apart by it. */
export const instanceHeader = "x-instance"

/** The flag that the edit switches off. */
export const editedFlag = "checkout"

export const documentOf = (edited: boolean) => ({
  flags: flags.map((key, index) => ({
    id: index + 1,
    key,
    name: key,
    active: true,
    version: edited && key === editedFlag ? 2 : 1,
    filters: {
      groups: [{ properties: [], rollout_percentage: edited && key === editedFlag ? 0 : 100 }]
    }
  })),
  group_type_mapping: {},
  cohorts: {}
})

/** What tells two exposures apart. */
export const exposureKey = (distinctId: unknown, flag: unknown, value: unknown): string =>
  `${String(distinctId)}|${String(flag)}|${String(value)}`
