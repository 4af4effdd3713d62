import { assert, describe, it } from "@effect/vitest"
import { atMost, compare } from "../src/measuring/compare.ts"
import { interleaved } from "../src/measuring/interleaved.ts"
import { machine } from "../src/measuring/machine.ts"
import { isBroken, summaries } from "../src/measuring/Row.ts"
import { excessOf, hostileMarkdown } from "../src/report/hostileLines.ts"
import { plot } from "../src/report/plot.ts"
import { section, withSection } from "../src/report/section.ts"
import { shown, table } from "../src/report/table.ts"

const measured = (name: string, rounds: ReadonlyArray<number>) => ({
  name,
  nanos: rounds[1] ?? 0,
  cpuMicros: 1,
  leastCpuMicros: 1,
  spread: 0,
  rounds
})

describe("hostile input", () => {
  it("holds the loop for what the engine and the collector do not explain", () => {
    assert.strictEqual(excessOf({ part: "a", held: 50 }), 50)
    assert.strictEqual(
      excessOf({ part: "a", held: 50, collecting: 10, engine: { "JSON.parse": 45, "Object.keys": 3 } }),
      5
    )
  })

  it("is reported with every turn that was long, and every cell of the hold table", () => {
    const turn = { part: "20 flags, object of 1 MB", held: 30, collecting: 2, engine: { "Object.keys": 29 } }
    const text = hostileMarkdown({
      machine: machine(),
      emptyLoop: 0.1,
      rows: [{
        kind: "D1",
        name: "values",
        inputs: 2,
        outcomes: { decided: 2 },
        memory: 12,
        held: 30,
        heldBy: turn.part,
        long: [turn, { part: "a | b\u202e", held: 45 }],
        problems: []
      }],
      holds: [
        { type: "object", size: "1 MB", flags: 1, turn: { part: "", held: 3 } },
        { type: "object", size: "1 MB", flags: 20, turn }
      ]
    })
    assert.match(text, /\| D1 +\| values +\| 2 +\| 2 decided +\| 12 MiB +\| 30 ms +\| a \\\| b· +\| 1 +\|/)
    assert.match(text, /\| object, 1 MB +\| 3 ms +\| 30 ms +\| one Object.keys 29 ms +\|/)
  })
})

describe("rows", () => {
  it("take the median of the ratios of rounds that ran side by side", () => {
    const row = compare([measured("a", [1000, 2000, 4000]), measured("b", [10_000, 40_000, 40_000])], {
      row: "work",
      ours: "a",
      anchor: "b",
      target: 10
    })
    assert.strictEqual(row.ratio, 10)
    assert.strictEqual(row.ours, 2)
    assert.strictEqual(row.anchor, 40)
  })

  it("summarise what has a target", () => {
    const row = atMost({ row: "work", unit: "ms", ours: 40, limit: 20 })
    assert.deepStrictEqual(summaries([row, { ...row, target: undefined }]), [
      { row: "work", ours: 40, anchor: 20, ratio: 0.5, target: 1, met: false }
    ])
  })

  it("are broken at less than half of the target, in processor time where it is known", () => {
    const row = atMost({ row: "work", unit: "ms", ours: 30, limit: 20 })
    assert.isFalse(isBroken(row))
    assert.isTrue(isBroken({ ...row, ratio: 0.49 }))
    assert.isFalse(isBroken({ ...row, ratio: 0.49, cpuRatio: 0.51 }))
    assert.isFalse(isBroken({ ...row, ratio: 0.01, target: undefined }))
  })

  it("become a table with columns of one width", () => {
    const lines = table([atMost({ row: "work", unit: "ms", ours: 10, limit: 20, others: { theirs: 1234 } })]).split(
      "\n"
    )
    assert.strictEqual(lines.length, 3)
    assert.strictEqual(new Set(lines.map(({ length }) => length)).size, 1)
    assert.include(lines[2], "| 2×    | ≥ 1×   | yes |")
    assert.include(lines[2], "theirs 1,230")
    assert.include(table([atMost({ row: "work", unit: "ms", ours: 10, limit: 20, cpu: 5 })]), "| 4×             |")
  })

  it("shows three digits", () => {
    assert.deepStrictEqual([1234.5, 0.012345, 99.95, NaN].map(shown), ["1,230", "0.0123", "100", "–"])
  })
})

describe("interleaved", () => {
  it("runs contenders in turns, and turns the order around", async () => {
    const order: Array<string> = []
    const contender = (name: string) => ({ name, count: 1, run: () => void order.push(name) })
    const measurements = await interleaved([contender("a"), contender("b")], {
      rounds: 3,
      roundMillis: 1,
      warmUpMillis: 0
    })
    assert.strictEqual(order.join(""), "abbaab")
    assert.deepStrictEqual(measurements.map(({ name, rounds }) => [name, rounds.length]), [["a", 3], ["b", 3]])
  })
})

describe("the plot", () => {
  it("is an SVG document with a line for each library", async () => {
    const svg = await plot([1, 10, 100].flatMap((flags) => [
      { name: "ours", flags, micros: flags },
      { name: "theirs", flags, micros: flags * 30 }
    ]))
    assert.isTrue(svg.startsWith("<svg"))
    assert.include(svg, ">ours<")
    assert.include(svg, ">theirs<")
  })
})

describe("the README's section", () => {
  const readme = "# Title\n\nText.\n\n## More\n\nLinks.\n"

  it("goes before the last section, and is replaced afterwards", () => {
    const once = withSection(readme, "one")
    assert.strictEqual(
      once,
      `# Title\n\nText.\n\n<!-- bench:start -->\n\none\n\n<!-- bench:end -->\n\n## More\n\nLinks.\n`
    )
    assert.strictEqual(withSection(once, "two"), once.replace("one", "two"))
  })

  it("has the rows with a target, and says which are missed", () => {
    const met = atMost({ row: "quick work", unit: "ms", ours: 10, limit: 20 })
    const missed = atMost({ row: "slow work", unit: "ms", ours: 40, limit: 20 })
    const text = section({
      mode: "full",
      date: "2026-01-01",
      machine: machine(),
      versions: { "posthog-node": "5.70.0" },
      sections: [{ name: "some", title: "Some", rows: [met, missed, { ...met, row: "aside", target: undefined }] }],
      points: []
    })
    assert.include(text, "| quick work | 2            |")
    assert.include(text, "0.5 (missed)")
    assert.notInclude(text, "aside")
  })
})
