const reserved = new Set(
  `
  await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof undefined var void while with yield arguments eval async of constructor
  prototype globalThis NaN Infinity Flag Schema flags
  `.trim().split(/\s+/)
)

// Letters that every compiler knows: what newer versions of Unicode added, older compilers refuse in names.
const other =
  /[^A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0391-\u03a1\u03a3-\u03ce\u0400-\u0481\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3]+/u

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A name in camel case for the key of a flag. Two keys may get the same one. */
export const identifierOf = (key: string): string => {
  const words = key
    .slice(0, 200)
    .replace(/([\p{Ll}\p{Nd}])(\p{Lu})/gu, "$1 $2")
    .split(other)
    .filter((word) => word !== "")
  const [first = "", ...rest] = words.map((word) => (/^\p{Lu}+$/u.test(word) ? word.toLowerCase() : word))
  const name = first.charAt(0).toLowerCase() + first.slice(1) + rest.map(upperFirst).join("")
  if (name === "") return "flag"
  return reserved.has(name) || /^\d/.test(name) ? `flag${upperFirst(name)}` : name
}

/** A name of its own for each key, which depends on the set of keys alone. */
export const identifiers = (keys: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  // Keys whose name is their own come first, so that they keep it whatever collides beside them.
  const wanted = [...keys].sort()
  const uses = new Map<string, number>()
  for (const key of wanted) {
    const name = identifierOf(key)
    uses.set(name, (uses.get(name) ?? 0) + 1)
  }
  for (const key of wanted) {
    const name = identifierOf(key)
    if (uses.get(name) === 1) {
      names.set(key, name)
      taken.add(name)
    }
  }
  for (const key of wanted) {
    if (names.has(key)) continue
    const base = identifierOf(key)
    let name = base
    for (let number = 2; taken.has(name); number++) name = `${base}${number}`
    names.set(key, name)
    taken.add(name)
  }
  return names
}
