/**
 * JSON cut into its top-level parts as they were written.
 * Amounts must reach the client with the digits that stand in the file; parsing and printing them again would turn
 * `100.00` into `100` and round what a double cannot hold.
 */

/** The items of the JSON array `text`, each as its own text. @throws SyntaxError when it is not a JSON array */
export function jsonArrayItems(text: string): readonly string[] {
  if (!Array.isArray(JSON.parse(text))) throw new SyntaxError('Expected a JSON array');
  return topLevelParts(text);
}

/** The members of the JSON object `text`. @throws SyntaxError when it is not a JSON object */
export function jsonObjectMembers(text: string): readonly (readonly [name: string, json: string])[] {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SyntaxError('Expected a JSON object');
  }
  return topLevelParts(text).map((member) => {
    const nameEnd = stringEnd(member, 0);
    const name: unknown = JSON.parse(member.slice(0, nameEnd));
    return [String(name), member.slice(member.indexOf(':', nameEnd) + 1).trim()] as const;
  });
}

export function jsonObjectOf(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** `text` is known to be valid JSON, so that brackets, quotes and commas are all there is to follow. */
function topLevelParts(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      at = stringEnd(text, at) - 1;
    } else if (letter === '{' || letter === '[') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (letter === '}' || letter === ']') {
      depth -= 1;
      if (depth === 0) addPart(parts, text.slice(start, at));
    } else if (letter === ',' && depth === 1) {
      addPart(parts, text.slice(start, at));
      start = at + 1;
    }
  }
  return parts;
}

function addPart(parts: string[], text: string): void {
  const part = text.trim();
  if (part !== '') parts.push(part);
}

/** The index after the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  throw new SyntaxError(`Expected a closing quote for the string at ${at}`);
}
