// Generated from packages/effect-posthog/src/Properties.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What is known about a person, a group or an event.
 *
 * @since 3.0.0
 */

/**
 * Properties by name: a record, or an instance of an interface or class of your own. Values are sent as JSON.
 *
 * **Details**
 *
 * What is not a record does not compile, because its contents would be lost silently: arrays, `Map`, `Set`, functions,
 * and effects that were not run.
 *
 * @since 3.0.0
 * @category models
 */
export type Properties =
  | { readonly [key: string]: unknown }
  | (object & { readonly [Symbol.iterator]?: never; readonly pipe?: never; readonly call?: never })
