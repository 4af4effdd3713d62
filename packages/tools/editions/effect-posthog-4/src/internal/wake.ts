/**
 * Resumes a fiber that waits, but not within the call that resumes it: Effect 4 runs the resumed fiber on the stack of
 * whoever resumes it, in the middle of what that was doing.
 *
 * @internal
 */
export const wake = (resume: () => void): void => queueMicrotask(resume)
