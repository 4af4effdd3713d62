import type { MixedFlag, User } from "../flags/mix.ts"
import type { Contender } from "../measuring/interleaved.ts"

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

/** The evaluation of one user after the other. */
export const contender = (peer: Peer, users: number): Contender => {
  if (!(peer.evaluate(0) instanceof Promise)) {
    return {
      name: peer.name,
      run: (count) => {
        for (let index = 0; index < count; index++) peer.evaluate(index % users)
      }
    }
  }
  return {
    name: peer.name,
    run: async (count) => {
      for (let index = 0; index < count; index++) await peer.evaluate(index % users)
    }
  }
}
