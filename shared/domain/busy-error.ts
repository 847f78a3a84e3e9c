/**
 * Thrown when a service asks to be left alone for longer than an invocation can wait. Whoever runs the step comes back
 * after `retryAfterMs`, and counts it as no failure.
 */
export class BusyError extends Error {
  override readonly name = 'BusyError';
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
