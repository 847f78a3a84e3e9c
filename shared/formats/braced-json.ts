/**
 * Tags and additional information as one JSON object: some exports leave its braces out (`"a": "1","b": "2"`). What is
 * empty stays so; anything else keeps its text, since tags are never keys.
 */
export function bracedJson(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith('"') ? `{${trimmed}}` : trimmed;
}
