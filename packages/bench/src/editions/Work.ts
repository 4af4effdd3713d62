/** What a process measured, by row: microseconds of processor time, but for its start. */
export type Work = Readonly<Record<string, number>>
