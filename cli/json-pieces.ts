/**
 * `JSON.stringify(value)` in pieces: each member of the object, and each item of a member that is a list, by itself. A
 * month of a large partner would otherwise be in memory a second time, as one string.
 */
export function* jsonPieces(value: Readonly<Record<string, unknown>>): Generator<string> {
  let lead = '{';
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${lead}${JSON.stringify(key)}:`;
    if (Array.isArray(member)) yield* listPieces(member);
    else yield JSON.stringify(member);
    lead = ',';
  }
  yield lead === '{' ? '{}' : '}';
}

function* listPieces(items: readonly unknown[]): Generator<string> {
  yield '[';
  for (const [index, item] of items.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(item)}`;
  yield ']';
}
