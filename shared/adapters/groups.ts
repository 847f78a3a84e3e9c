/** Members of a group that are handed on at once; a longer group comes in several pieces. */
const groupMembersMax = 1000;

/** Cuts a stream that is ordered by `keyOf` into its groups. */
export async function* groupsOf<T>(
  items: AsyncIterable<T>,
  keyOf: (item: T) => string,
): AsyncGenerator<{ readonly key: string; readonly members: readonly T[] }> {
  let key: string | undefined;
  let members: T[] = [];
  for await (const item of items) {
    const itemKey = keyOf(item);
    if (key !== undefined && (itemKey !== key || members.length === groupMembersMax)) {
      yield { key, members };
      members = [];
    }
    key = itemKey;
    members.push(item);
  }
  if (key !== undefined) yield { key, members };
}
