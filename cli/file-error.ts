/** What the file system says is for the user; anything else is our own mistake and shown whole. */
export function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
