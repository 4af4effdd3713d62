// The process of one probe: its name and its options are the arguments, its result goes to the parent.
const [name, options] = process.argv.slice(2)
const { run } = name === "capture" ? await import("./probes/capture.ts") : await import("./probes/startUp.ts")
const result = await run(JSON.parse(options ?? "{}"))
process.send?.(result, () => process.exit())
