import type { MixedFlag, User } from "../flags/mix.ts"

/** A library that evaluates flags, loaded with a set of flags and with its own form of the users. */
export interface Peer {
  readonly name: string
  /** Evaluates every flag for one of the users. */
  readonly evaluate: (user: number) => unknown
  /** The values in what `evaluate` gave. A boolean flag is `true` or `false`, one with variants the key of one. */
  readonly values: (evaluated: unknown) => ReadonlyMap<string, boolean | string>
  readonly close: () => void | Promise<void>
}

/** Loads a library. Its contexts are built ahead: only evaluation is measured. */
export type OpenPeer = (flags: ReadonlyArray<MixedFlag>, users: ReadonlyArray<User>) => Promise<Peer>
