export interface StartUpOptions {
  /** Ours with either of Node's clients for HTTP; posthog-node brings its own, which is fetch. */
  readonly library: "ours over undici" | "ours over fetch" | "posthog-node"
  readonly url: string
}

/** How long a part took, in milliseconds. */
export interface Took {
  readonly passed: number
  /** Of all processors. */
  readonly processor: number
}

/** The parts of a cold start, one after the other. */
export interface StartUpResult {
  /** Loading effect and its HTTP client, which an application of Effect has loaded anyway; nothing for others. */
  readonly effect: Took
  /** Loading the library, beside that. */
  readonly load: Took
  /** Making a client, without its definitions. */
  readonly build: Took
  /** From there to the first evaluation of all flags, definitions fetched from loopback. */
  readonly firstEvaluation: Took
  /** The same evaluation again. */
  readonly secondEvaluation: Took
  /** Capturing an event, until it is delivered. */
  readonly firstEvent: Took
}

export const run = ({ library, url }: StartUpOptions): Promise<StartUpResult> =>
  library === "posthog-node" ? theirs(url) : ours(url, httpClients[library])

const httpClients = {
  "ours over undici": async () => (await import("@effect/platform-node/NodeHttpClient")).layerUndici,
  "ours over fetch": async () => (await import("@effect/platform/FetchHttpClient")).layer
}

type HttpClient = (typeof httpClients)[keyof typeof httpClients]

const ours = async (url: string, loadHttpClient: HttpClient): Promise<StartUpResult> => {
  const lap = laps()
  const [Effect, Layer, ManagedRuntime, Redacted, httpClient] = await Promise.all([
    import("effect/Effect"),
    import("effect/Layer"),
    import("effect/ManagedRuntime"),
    import("effect/Redacted"),
    loadHttpClient()
  ])
  const effect = lap()
  const { evaluateFlags, EventQueue, Events, LocalEvaluator, PostHog } = await import("effect-posthog")
  const load = lap()
  const runtime = ManagedRuntime.make(
    PostHog.layer({ apiKey: Redacted.make("phc_bench"), secretKey: Redacted.make("phs_bench"), host: url }).pipe(
      Layer.provide(httpClient)
    )
  )
  await runtime.runPromise(Effect.void)
  const build = lap()
  const evaluate = evaluateFlags({ distinctId: "user-1", personProperties: attributes, onlyEvaluateLocally: true })
  await runtime.runPromise(Effect.zipRight(Effect.flatMap(LocalEvaluator, ({ ready }) => ready), evaluate))
  const firstEvaluation = lap()
  await runtime.runPromise(evaluate)
  const secondEvaluation = lap()
  await runtime.runPromise(
    Effect.zipRight(
      Events.capture({ event: "order placed", distinctId: "user-1" }),
      Effect.flatMap(EventQueue, ({ flush }) => flush)
    )
  )
  return { effect, load, build, firstEvaluation, secondEvaluation, firstEvent: lap() }
}

const theirs = async (url: string): Promise<StartUpResult> => {
  const lap = laps()
  const { PostHog } = await import("posthog-node")
  const load = lap()
  const client = new PostHog("phc_bench", { host: url, secretKey: "phs_bench", featureFlagsPollingInterval: null })
  const build = lap()
  await client.waitForLocalEvaluationReady()
  const evaluate = () => client.evaluateFlags("user-1", { personProperties: attributes, onlyEvaluateLocally: true })
  await evaluate()
  const firstEvaluation = lap()
  await evaluate()
  const secondEvaluation = lap()
  client.capture({ event: "order placed", distinctId: "user-1" })
  await client.flush()
  const effect = { passed: 0, processor: 0 }
  return { effect, load, build, firstEvaluation, secondEvaluation, firstEvent: lap() }
}

const attributes = {
  plan: "pro",
  country: "DE",
  email: "somebody@example.com",
  sku: "b2b-7",
  seats: 12,
  app_version: "2.4.1"
}

const processorTime = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

const laps = () => {
  let last = performance.now()
  let lastProcessor = processorTime()
  return (): Took => {
    const took = { passed: performance.now() - last, processor: processorTime() - lastProcessor }
    last = performance.now()
    lastProcessor = processorTime()
    return took
  }
}
