/** Ends a switch over a closed union: reaching it is our own bug. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected variant: ${JSON.stringify(value)}`);
}
