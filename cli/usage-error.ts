/** Thrown when the options of a command do not go together; the message is the one line that the user sees. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
