/** What the file system says is for the user; anything else is our own mistake and shown whole. */
export function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

/** What people run into, in words; the rest as the system says it. */
const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EISDIR: 'this is a folder; expected a file',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  ENOSPC: 'the disk is full',
};

/** A sentence that begins with the path, as all that is said about files. */
export function fileErrorText(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const path = 'path' in error && typeof error.path === 'string' ? error.path : '';
  const said = words[code];
  return said === undefined || path === '' ? error.message : `${path}: ${said}`;
}
