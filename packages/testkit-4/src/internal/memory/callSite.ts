// Generated from packages/testkit/src/internal/memory/callSite.ts by packages/tools/editions.mjs: change that file, not this one.
interface Traced {
  stack?: string
}

type CaptureStackTrace = (target: Traced, above: (...args: never) => unknown) => void

const { captureStackTrace } = Error as { readonly captureStackTrace?: CaptureStackTrace }

/**
 * The frames of the stack above a function: where it was called from. Empty where the engine cannot tell.
 *
 * @internal
 */
export const callSite = (above: (...args: never) => unknown): string => {
  const traced: Traced = {}
  captureStackTrace?.(traced, above)
  return (traced.stack ?? "").split("\n").slice(1).join("\n")
}

/**
 * Lets the stack of an error lead to a call.
 *
 * @internal
 */
export const withCallSite = <E extends Error>(error: E, frames: string): E =>
  frames === ""
    ? error
    : Object.defineProperty(error, "stack", {
      value: `${error.name}: ${error.message}\n${frames}`,
      configurable: true,
      writable: true
    })
