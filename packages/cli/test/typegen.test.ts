import * as Arbitraries from "@effect-posthog/testkit/Arbitraries"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import ts from "typescript"
import { identifierOf, identifiers } from "../src/typegen/identifiers.ts"
import { payloadSchema } from "../src/typegen/payloadSchema.ts"
import { typegen } from "../src/typegen/typegen.ts"
import { document, flag, shop, variants } from "./documents.ts"

const parse = (source: string) => ts.createSourceFile("flags.ts", source, ts.ScriptTarget.ES2022, true)

/** What the parser of TypeScript says against a module. */
const syntaxErrors = (source: string): ReadonlyArray<string> =>
  (ts.transpileModule(source, { reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ES2022 } })
    .diagnostics ?? []).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))

/** The names that a module exports, each a constant; anything else in it is a failure. */
const exportedNames = (source: string): ReadonlyArray<string> =>
  parse(source).statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) return []
    assert.isTrue(ts.isVariableStatement(statement), ts.SyntaxKind[statement.kind])
    return ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map(({ name }) => name.getText())
      : []
  })

describe("typegen", () => {
  it("declares values, payloads and a registry", () => {
    const { source, warnings } = typegen(shop)
    assert.deepStrictEqual(warnings, [])
    assert.include(
      source,
      `/** "pricing-page": Pricing page */
export const pricingPage = Flag.variants("pricing-page", ["control", "annual"]).pipe(
  Flag.withDefault(false),
  Flag.withPayload(Schema.Struct({
    discount: Schema.Number,
    headline: Schema.String
  }))
)
`
    )
    assert.include(source, "export const half = Flag.boolean(\"half\").pipe(\n  Flag.withDefault(false)\n)\n")
    assert.include(source, "export const flags = Flag.registry({\n  companyInvoices,\n")
  })

  it("gives the same bytes whatever the order of the flags, and whatever changes beside types", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.definitions(), FastCheck.integer(), (definitions, seed) => {
        const shuffled = {
          ...definitions,
          flags: definitions.flags
            .map((one, index) => ({
              one: { ...one, id: seed, version: seed, active: seed % 2 === 0 },
              place: (index * 7 + seed) % 5
            }))
            .sort((left, right) => left.place - right.place)
            .map(({ one }) => one)
        }
        assert.strictEqual(typegen(shuffled).source, typegen(definitions).source)
      }),
      { numRuns: 100 }
    )
  })

  it("stays a module of constants, whatever keys, names, variants and payloads hold", () => {
    const hostile = FastCheck.oneof(
      FastCheck.string({ unit: "binary" }),
      FastCheck.constantFrom(
        "*/ evil() /*",
        "\"); evil(); (\"",
        "`${evil()}`",
        "__proto__",
        "constructor",
        "delete",
        "",
        "flags",
        "Flag",
        "\u2028",
        "a\nb",
        "😀",
        "2024"
      )
    )
    FastCheck.assert(
      FastCheck.property(
        FastCheck.uniqueArray(hostile, { minLength: 1, maxLength: 8 }),
        hostile,
        FastCheck.jsonValue(),
        (keys, text, payload) => {
          const tried = document(keys.map((key) =>
            flag(key, {
              multivariate: variants([text, 50], ["b", 50]),
              payloads: { b: JSON.stringify({ [text]: payload, __proto__: 1 }) }
            }, { name: text })
          ))
          const { source } = typegen(tried)
          assert.deepStrictEqual(syntaxErrors(source), [])
          const names = exportedNames(source)
          assert.lengthOf(new Set(names), keys.length + 1)
          assert.notMatch(source.replace(/\n/g, ""), /[\p{Cc}\u2028\u2029\u202e]/u)
        }
      ),
      { numRuns: 300 }
    )
  })

  it("says which payloads it could not type", () => {
    const { source, warnings } = typegen(document([
      flag("a", { payloads: { true: "not JSON" } }),
      flag("b", { payloads: { true: "\"***\"" } }, { has_encrypted_payloads: true })
    ]))
    assert.lengthOf(warnings, 2)
    assert.lengthOf(source.match(/withPayload/g) ?? [], 1)
  })
})

describe("names", () => {
  const cases: ReadonlyArray<readonly [key: string, name: string]> = [
    ["new-checkout", "newCheckout"],
    ["New_Checkout v2", "newCheckoutV2"],
    ["alreadyCamel", "alreadyCamel"],
    ["HTTP-client", "httpClient"],
    ["2024-promo", "flag2024Promo"],
    ["delete", "flagDelete"],
    ["flags", "flagFlags"],
    ["größe", "größe"],
    ["🚀", "flag"],
    ["", "flag"]
  ]
  for (const [key, name] of cases) {
    it(`${JSON.stringify(key)} is ${name}`, () => assert.strictEqual(identifierOf(key), name))
  }

  it("are distinct, and do not depend on the order of the keys", () => {
    const keys = ["new-checkout", "new_checkout", "newCheckout2", "other"]
    assert.deepStrictEqual([...identifiers(keys)].sort(), [...identifiers([...keys].reverse())].sort())
    assert.strictEqual(new Set(identifiers(keys).values()).size, 4)
    assert.strictEqual(identifiers(keys).get("newCheckout2"), "newCheckout2")
  })
})

describe("payload schemas", () => {
  const cases: ReadonlyArray<readonly [payloads: ReadonlyArray<unknown>, schema: string]> = [
    [["a", "b"], "Schema.String"],
    [[1, "b", true], "Schema.Union(Schema.Boolean, Schema.Number, Schema.String)"],
    [[null], "Schema.Null"],
    [[null, 1], "Schema.NullOr(Schema.Number)"],
    [[[1, 2]], "Schema.Array(Schema.Number)"],
    [[[]], "Schema.Array(Schema.Unknown)"],
    [[{}], "Schema.Struct({})"],
    [
      [{ a: 1 }, { a: 2, "b-c": "x" }],
      "Schema.Struct({\n  a: Schema.Number,\n  \"b-c\": Schema.optional(Schema.String)\n})"
    ],
    [[JSON.parse("{\"__proto__\":1}")], "Schema.Struct({\n  [\"__proto__\"]: Schema.Number\n})"]
  ]
  for (const [payloads, schema] of cases) {
    it(`${JSON.stringify(payloads)}`, () => assert.strictEqual(payloadSchema(payloads, ""), schema))
  }

  it("are bounded, however deep and wide payloads are", () => {
    let deep: unknown = 1
    for (let level = 0; level < 2000; level++) deep = [deep]
    assert.isBelow(payloadSchema([deep], "").length, 1000)
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, index]))
    assert.strictEqual(payloadSchema([wide], ""), "Schema.Unknown")
  })
})
