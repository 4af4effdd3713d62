import * as Zlib from "node:zlib"

/** Compresses with zstd, which Node has from 22.15 on. */
export const { zstdCompressSync: zstdCompress } = Zlib as {
  readonly zstdCompressSync?: (text: string) => Uint8Array
}
