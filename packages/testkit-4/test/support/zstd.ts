// Generated from packages/testkit/test/support/zstd.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Zlib from "node:zlib"

/** Compresses with zstd, which Node has from 22.15 on. */
export const { zstdCompressSync: zstdCompress } = Zlib as {
  readonly zstdCompressSync?: (text: string) => Uint8Array
}
