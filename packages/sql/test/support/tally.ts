import { appendFileSync } from "node:fs"

/** What became of the events of one run. */
interface Tally {
  readonly fault: string
  readonly database: string
  readonly stored: number
  /** Different events that the server has taken. */
  readonly delivered: number
  readonly parked: number
  /** Rows that wait to be sent. */
  readonly left: number
  readonly requests: number
  /** Arrivals of an event that had arrived before. */
  readonly repeated: number
}

const note = (line: object): void => {
  const file = process.env["FAULT_TABLE"]
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`)
}

/** Notes it, when `FAULT_TABLE` names the file to write it to. */
export const tally = (run: Tally): void => note({ ...run, protocol: "outbox" })

/** Notes that a database is not there. */
export const noteMissing = (missing: string): void => note({ protocol: "outbox", missing })
