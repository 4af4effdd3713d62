import { collectGarbage } from "./interleaved.ts"
import { median } from "./statistics.ts"

/**
 * Bytes of heap that one unit of work allocates, garbage included: the growth of the used heap over a run that no
 * garbage collection interrupts. The process needs `--expose-gc` and a young generation that holds a whole run
 * (`--max-semi-space-size`), which is why scenarios of allocation run in a process of their own.
 */
export const allocatedBytes = async (
  run: (count: number) => void | Promise<void>,
  options: { readonly count: number; readonly rounds: number }
): Promise<number> => {
  await run(options.count)
  await run(options.count)
  const rounds: Array<number> = []
  for (let round = 0; round < options.rounds; round++) {
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    await run(options.count)
    const after = process.memoryUsage().heapUsed
    rounds.push((after - before) / options.count)
  }
  return median(rounds)
}
