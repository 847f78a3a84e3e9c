/**
 * The elements of the array `items` of a JSON object, each verbatim as the text has it, so that every digit survives.
 * @throws SyntaxError when the text is not a JSON object with an array `items`
 */
export function rawItemsOf(text: string): readonly string[] {
  JSON.parse(text); // Whatever is below may rely on the text being well formed.
  const start = startOfItems(text);
  if (start === undefined) throw new SyntaxError('There is no array `items`');
  const items: string[] = [];
  let at = start;
  for (;;) {
    at = skipBlanks(text, at);
    if (text[at] === ']') return items;
    const end = endOfValue(text, at);
    items.push(text.slice(at, end));
    at = skipBlanks(text, end);
    if (text[at] === ',') at += 1;
  }
}

/** Just behind the bracket that opens the top-level array `items`. */
function startOfItems(text: string): number | undefined {
  let at = skipBlanks(text, 0);
  if (text[at] !== '{') return undefined;
  at = skipBlanks(text, at + 1);
  while (text[at] === '"') {
    const keyEnd = endOfValue(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const valueStart = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    if (key === 'items') return text[valueStart] === '[' ? valueStart + 1 : undefined;
    at = skipBlanks(text, endOfValue(text, valueStart));
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return undefined;
}

/** Just behind the value that begins at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    if (depth > 0) continue;
    const next = text[at + 1];
    if (next === undefined || next === ',' || next === '}' || next === ']' || next === ':' || isBlank(next))
      return at + 1;
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (isBlank(text[at])) at += 1;
  return at;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
