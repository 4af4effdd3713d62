/**
 * The steps of the check, long ones first: each resolves with its problems, none when it passed. A step's module is
 * loaded when the step runs, since some bring a compiler with them.
 */
export const steps = [
  { name: "bench", run: async () => (await import("./bench.mjs")).bench() },
  { name: "self-test", run: async () => (await import("./selfTest.mjs")).selfTest() },
  { name: "laws", run: async () => (await import("./laws.mjs")).laws() },
  { name: "types", run: async () => (await import("./types.mjs")).types() },
  { name: "editions", run: async () => (await import("./editions.mjs")).editions() },
  { name: "effect", run: async () => (await import("./effect.mjs")).effect() },
  { name: "packages", run: async () => (await import("./packages.mjs")).packages() },
  { name: "examples", run: async () => (await import("./examples.mjs")).examples() },
  { name: "guides", run: async (options) => (await import("./guides.mjs")).guides(options) },
  { name: "type-tests", run: async () => (await import("./typeTests.mjs")).typeTests() },
  { name: "unused", run: async () => (await import("./unused.mjs")).unused() },
  { name: "lint", run: async () => (await import("./lint.mjs")).lint() },
  { name: "cycles", run: async () => (await import("./cycles.mjs")).cycles() },
  { name: "layers", run: async () => (await import("./layers.mjs")).layers() },
  { name: "source", run: async () => (await import("./source.mjs")).source() },
  { name: "documentation", run: async () => (await import("./documentation.mjs")).documentation() },
  { name: "quoting", run: async () => (await import("./quoting.mjs")).quoting() },
  { name: "drawings", run: async (options) => (await import("./drawings.mjs")).drawings(options) },
  { name: "size", run: async () => (await import("./size.mjs")).size() },
  { name: "releases", run: async () => (await import("./releases.mjs")).releases() },
  { name: "text", run: async () => (await import("./text.mjs")).text() },
  { name: "format", run: async (options) => (await import("./format.mjs")).format(options) }
]
