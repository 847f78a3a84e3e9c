/**
 * Thrown when a retry cannot help: the input is wrong, a contract is broken, access is denied for good.
 * Whoever runs the step records it as a visible failure and does not try again. The message says what was found,
 * where, and what was expected; it never carries secrets or whole rows of customer data.
 */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
