import { fromOptions, requestContextPropagator } from "@effect-posthog/openfeature"
import type { ClientAndProviderOptions } from "@effect-posthog/openfeature"
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk"
import type {
  Client,
  EvaluationContext,
  EvaluationDetails,
  FlagEvaluationOptions,
  Hook,
  JsonValue,
  Provider
} from "@openfeature/server-sdk"
import { Redacted } from "effect"
import type { ScenarioFlags } from "./definitions.ts"

export type Kind = "boolean" | "string" | "integer" | "float" | "object"

/** What a scenario asked for. */
export interface Asked {
  readonly kind: Kind
  readonly key: string
  readonly defaultValue: JsonValue
}

/** A hook was called at this stage, with these details. */
export interface Called {
  readonly hook: string
  readonly stage: string
  readonly details?: Readonly<Record<string, unknown>>
}

const fatal = { apiKey: Redacted.make("") }

OpenFeature.setTransactionContextPropagator(requestContextPropagator())

let domains = 0

/** One scenario: a provider on a server of its own, and what its steps leave for later ones. */
export class World {
  readonly flags: ScenarioFlags
  readonly #url: string
  readonly #breakDefinitions: () => Promise<void>
  readonly #providers: Array<ReturnType<typeof fromOptions>> = []
  client: Client = OpenFeature.getClient("none")
  context: Record<string, unknown> = {}
  asked: Asked | undefined
  details: EvaluationDetails<JsonValue> | undefined
  options: FlagEvaluationOptions = {}
  readonly called: Array<Called> = []
  levels: ReadonlyArray<string> = []
  readonly contexts = new Map<string, Record<string, unknown>>()
  /** The context that arrived at the provider. */
  arrived: EvaluationContext = {}

  constructor(flags: ScenarioFlags, url: string, breakDefinitions: () => Promise<void>) {
    this.flags = flags
    this.#url = url
    this.#breakDefinitions = breakDefinitions
  }

  #options(options: Partial<ClientAndProviderOptions>): ClientAndProviderOptions {
    return {
      apiKey: Redacted.make("phc_test"),
      secretKey: Redacted.make("phs_test"),
      host: this.#url,
      values: "payload",
      defaultDistinctId: "anybody",
      ...options
    }
  }

  /** Binds a provider in this state, and resolves when the state is reached. */
  async provide(state: string): Promise<void> {
    const domain = `scenario ${++domains}`
    const client = OpenFeature.getClient(domain)
    const bind = (options: ClientAndProviderOptions) => {
      const provider = fromOptions(options)
      this.#providers.push(provider)
      return OpenFeature.setProviderAndWait(domain, this.#retrievable(provider))
    }
    const failing = (bound: Promise<void>) => bound.then(() => Promise.reject(new Error("it is ready")), () => {})
    this.client = client
    switch (state) {
      case "stable":
        return bind(this.#options({}))
      case "not ready":
        await this.#breakDefinitions()
        bind(this.#options({ readyWithin: "1 hour" })).catch(() => {})
        return
      case "error":
        await this.#breakDefinitions()
        return failing(bind(this.#options({ readyWithin: "100 millis", flags: { onlyEvaluateLocally: true } })))
      case "fatal":
        return failing(bind(fatal))
      case "stale": {
        const stale = new Promise<void>((resolve) => client.addHandler(ProviderEvents.Stale, () => resolve()))
        await bind(this.#options({ staleAfter: "200 millis", definitions: { pollInterval: "100 millis" } }))
        await this.#breakDefinitions()
        return stale
      }
      default:
        throw new Error(`There is no such state: ${state}`)
    }
  }

  #retrievable(provider: ReturnType<typeof fromOptions>): Provider {
    return {
      ...provider,
      resolveBooleanEvaluation: (key, defaultValue, context, logger) => {
        this.arrived = context
        return provider.resolveBooleanEvaluation(key, defaultValue, context, logger)
      }
    }
  }

  hook(name: string): Hook {
    const note = (stage: string) => (_: unknown, details?: unknown) => {
      this.called.push({ hook: name, stage, details: { ...details as object } })
    }
    return {
      before: () => {
        this.called.push({ hook: name, stage: "before" })
      },
      after: note("after"),
      error: note("error"),
      finally: note("finally")
    }
  }

  async evaluate(): Promise<void> {
    if (this.asked === undefined) throw new Error("No flag was asked for")
    const { defaultValue, key, kind } = this.asked
    const context = this.context as EvaluationContext
    switch (kind) {
      case "boolean":
        this.details = await this.client.getBooleanDetails(key, defaultValue as boolean, context, this.options)
        return
      case "string":
        this.details = await this.client.getStringDetails(key, defaultValue as string, context, this.options)
        return
      case "integer":
      case "float":
        this.details = await this.client.getNumberDetails(key, defaultValue as number, context, this.options)
        return
      case "object":
        this.details = await this.client.getObjectDetails(key, defaultValue, context, this.options)
    }
  }

  /** Evaluates some flag, with the contexts of all levels. */
  async evaluateWithLevels(): Promise<void> {
    const at = (level: string) => (this.contexts.get(level) ?? {}) as EvaluationContext
    OpenFeature.setContext(at("API"))
    this.client.setContext(at("Client"))
    this.client.addHooks({ before: () => at("Before Hooks") })
    await new Promise<void>((resolve, reject) => {
      OpenFeature.setTransactionContext(at("Transaction"), () => {
        this.client.getBooleanValue("boolean-flag", false, at("Invocation")).then(() => resolve(), reject)
      })
    })
  }

  async close(): Promise<void> {
    OpenFeature.setContext({})
    for (const provider of this.#providers) await provider.onClose()
  }
}
