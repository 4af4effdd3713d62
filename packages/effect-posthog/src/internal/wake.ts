/**
 * Resumes a fiber that waits. Everything in the library that resumes another fiber does it through this function, as the
 * last thing after its own state is consistent: a runtime may run the resumed fiber on the spot, and what that fiber does
 * next (capture, flush, subscribe) must find a consistent state. Effect 3 runs it later, in a task of its own.
 *
 * @internal
 */
export const wake = (resume: () => void): void => resume()
