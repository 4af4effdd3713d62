import * as Predicate from "effect/Predicate"

/** What the payloads of a flag look like, taken together. */
interface Shape {
  count: number
  isNull: boolean
  isBoolean: boolean
  isNumber: boolean
  isString: boolean
  array: Shape | undefined
  /** The fields of objects, and how many objects there were. */
  object: { readonly fields: Map<string, Shape>; count: number } | undefined
  /** Nested deeper than is looked at, or with more fields. */
  isUnknown: boolean
}

const deepest = 12

const mostFields = 200

const empty = (): Shape => ({
  count: 0,
  isNull: false,
  isBoolean: false,
  isNumber: false,
  isString: false,
  array: undefined,
  object: undefined,
  isUnknown: false
})

const add = (shape: Shape, value: unknown, depth: number): void => {
  shape.count++
  if (depth > deepest) {
    shape.isUnknown = true
  } else if (value === null) {
    shape.isNull = true
  } else if (typeof value === "boolean") {
    shape.isBoolean = true
  } else if (typeof value === "number") {
    shape.isNumber = true
  } else if (typeof value === "string") {
    shape.isString = true
  } else if (Array.isArray(value)) {
    const element = shape.array ?? empty()
    shape.array = element
    for (const one of value) add(element, one, depth + 1)
  } else if (Predicate.isRecord(value)) {
    const object = shape.object ?? { fields: new Map<string, Shape>(), count: 0 }
    shape.object = object
    object.count++
    for (const [name, field] of Object.entries(value)) {
      const known = object.fields.get(name) ?? empty()
      object.fields.set(name, known)
      add(known, field, depth + 1)
    }
    if (object.fields.size > mostFields) shape.isUnknown = true
  } else {
    shape.isUnknown = true
  }
}

/** A string literal of TypeScript: JSON, with what a reader of the source could not see written out. */
export const literal = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name)

// In an object literal, the plain name __proto__ sets the prototype.
const fieldName = (name: string): string =>
  name === "__proto__" ? "[\"__proto__\"]" : isIdentifier(name) ? name : literal(name)

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const render = (shape: Shape, indent: string): string => {
  if (shape.isUnknown || shape.count === 0) return "Schema.Unknown"
  const members = [
    ...(shape.isBoolean ? ["Schema.Boolean"] : []),
    ...(shape.isNumber ? ["Schema.Number"] : []),
    ...(shape.isString ? ["Schema.String"] : []),
    ...(shape.array === undefined ? [] : [`Schema.Array(${render(shape.array, indent)})`]),
    ...(shape.object === undefined ? [] : [renderObject(shape.object, indent)])
  ]
  const [first] = members
  if (first === undefined) return "Schema.Null"
  const joined = members.length === 1 ? first : `Schema.Union(${members.join(", ")})`
  return shape.isNull ? `Schema.NullOr(${joined})` : joined
}

const renderObject = (object: NonNullable<Shape["object"]>, indent: string): string => {
  const inner = `${indent}  `
  const fields = [...object.fields].sort(([left], [right]) => compareText(left, right)).map(([name, field]) => {
    const schema = render(field, inner)
    return `${inner}${fieldName(name)}: ${field.count === object.count ? schema : `Schema.optional(${schema})`}`
  })
  return fields.length === 0 ? "Schema.Struct({})" : `Schema.Struct({\n${fields.join(",\n")}\n${indent}})`
}

/** The source of a schema that takes each of the payloads, and what looks like them. */
export const payloadSchema = (payloads: ReadonlyArray<unknown>, indent: string): string => {
  const shape = empty()
  for (const payload of payloads) add(shape, payload, 0)
  return render(shape, indent)
}
