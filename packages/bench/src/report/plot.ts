import { parse, View } from "vega"
import type { Spec } from "vega"
import type { Point } from "../scenarios/Scenario.ts"

/** Microseconds per evaluation against the number of flags, both logarithmic, as an SVG document. */
export const plot = (points: ReadonlyArray<Point>): Promise<string> =>
  new View(parse(specification(points)), { renderer: "none" }).toSVG()

const specification = (points: ReadonlyArray<Point>): Spec => ({
  $schema: "https://vega.github.io/schema/vega/v6.json",
  width: 560,
  height: 340,
  padding: 8,
  background: "white",
  title: { text: "Evaluating N flags for one user", anchor: "start", offset: 12 },
  data: [{ name: "points", values: points.map((point) => ({ ...point })) }],
  scales: [
    { name: "x", type: "log", domain: { data: "points", field: "flags" }, range: "width" },
    { name: "y", type: "log", domain: { data: "points", field: "micros" }, range: "height", nice: true },
    { name: "color", type: "ordinal", domain: { data: "points", field: "name" }, range: { scheme: "tableau10" } }
  ],
  axes: [
    { orient: "bottom", scale: "x", title: "flags", grid: true, tickCount: 5, format: ",d" },
    { orient: "left", scale: "y", title: "microseconds", grid: true, tickCount: 6, format: "~r" }
  ],
  legends: [{ stroke: "color", symbolType: "stroke" }],
  marks: [{
    type: "group",
    from: { facet: { name: "library", data: "points", groupby: "name" } },
    marks: [
      {
        type: "line",
        from: { data: "library" },
        encode: {
          enter: {
            x: { scale: "x", field: "flags" },
            y: { scale: "y", field: "micros" },
            stroke: { scale: "color", field: "name" },
            strokeWidth: { value: 2 }
          }
        }
      },
      {
        type: "symbol",
        from: { data: "library" },
        encode: {
          enter: {
            x: { scale: "x", field: "flags" },
            y: { scale: "y", field: "micros" },
            fill: { scale: "color", field: "name" },
            size: { value: 40 }
          }
        }
      }
    ]
  }]
})
