/** Microseconds of processor time, all threads of the process, for one event. */
export type CostsReport = ReadonlyArray<{
  readonly work: string
  readonly micros: Readonly<Record<"memory" | "process" | "machine", number>>
}>
