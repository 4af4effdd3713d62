import { parentPort, workerData } from "node:worker_threads"
import { steps } from "./steps.mjs"

const step = steps.find(({ name }) => name === workerData.name)
parentPort?.postMessage(await step?.run(workerData.options))
