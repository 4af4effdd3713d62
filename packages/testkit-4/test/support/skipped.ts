// Generated from packages/tools/editions/exceptions.json by packages/tools/editions.mjs: change that file, not this one.
/** Tests that do not hold for Effect 4, and why. */
export const skipped = {}
