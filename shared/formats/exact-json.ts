type ReviverContext = { readonly source?: string };
type ExactParse = (text: string, reviver: (key: string, value: unknown, context: ReviverContext) => unknown) => unknown;

/**
 * JSON.parse that keeps every number as the text it was written with, so that no amount passes through a double.
 * @throws SyntaxError as JSON.parse does
 */
export function parseExactJson(text: string): unknown {
  return (JSON.parse as ExactParse)(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined ? context.source : value,
  );
}
