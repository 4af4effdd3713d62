/** More keys than an application asks for; a bound all the same, as keys may come from requests. */
const capacity = 10_000

/**
 * Adds keys to a set of limited size; the oldest ones make room.
 *
 * @internal
 */
export const remember = (absent: Set<string>, keys: ReadonlyArray<string>): void => {
  for (const key of keys) {
    if (absent.has(key)) continue
    if (absent.size >= capacity) {
      for (const oldest of absent) {
        absent.delete(oldest)
        break
      }
    }
    absent.add(key)
  }
}
