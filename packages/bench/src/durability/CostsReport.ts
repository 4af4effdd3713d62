/** Microseconds of processor time, all threads of the process, for one event. */
export type CostsReport = ReadonlyArray<{
  readonly work: string
  /** How many events are captured at a time, each by a fiber of its own. */
  readonly together: number
  /**
   * `write` and `writeSync`: the queue in memory, and beside it nothing but an append of the same bytes each time, with
   * `fs.write` and with `fs.writeSync`. No spool can cost less.
   */
  readonly micros: Readonly<Record<"memory" | "write" | "writeSync" | "process" | "machine", number>>
}>
