/**
 * One read of a thing at a time, for however many ask. Whoever asks while one is under way waits for the next: what
 * they get was read after they asked, never before, so that nobody sees what is older than what they have seen already.
 */
export function sharedReads<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  const reads = new Map<string, { readonly running: Promise<T>; next: Promise<T> | undefined }>();
  const begin = (key: string, read: () => Promise<T>): Promise<T> => {
    const own = { running: read(), next: undefined };
    reads.set(key, own);
    const end = () => {
      if (own.next === undefined) reads.delete(key);
    };
    own.running.then(end, end);
    return own.running;
  };
  return (key, read) => {
    const known = reads.get(key);
    if (known === undefined) return begin(key, read);
    const again = () => begin(key, read);
    // Who waits for a read that fails learns of it; the read after it does not.
    known.next ??= known.running.then(again, again);
    return known.next;
  };
}
