import { TerminalError } from '../domain/terminal-error.ts';

/** Table Storage takes 64 KiB (32 Ki characters) a property and 1 KiB (512 characters) a key. */
const documentCharactersMax = 32_000;
const keyCharactersMax = 512;

/**
 * Keys may not hold `/ \ # ?` and control characters; `%` is unsafe in addresses. So: percent encoding, with `=` for `%`.
 * @throws TerminalError when the key is too long or not text: no retry makes it fit
 */
export function encodeTableKey(key: string): string {
  if (!key.isWellFormed()) throw new TerminalError(`The key ${JSON.stringify(key)} of a table row is not Unicode text`);
  const encoded = encodeURIComponent(key).replaceAll('%', '=');
  if (encoded.length > keyCharactersMax) {
    throw new TerminalError(
      `A key of ${encoded.length} characters, encoded, does not fit a table row (${keyCharactersMax}): ${key.slice(0, 80)}…`,
    );
  }
  return encoded;
}

export function decodeTableKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('=', '%'));
}

/**
 * A document as the text that a row keeps.
 * @throws TerminalError when it is too large for a row: no retry makes it fit
 */
export function tableDocument(key: { readonly partitionKey: string; readonly rowKey: string }, value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length > documentCharactersMax) {
    throw new TerminalError(
      `A document of ${text.length} characters does not fit a table row (${documentCharactersMax}): ${key.partitionKey}, ${key.rowKey}`,
    );
  }
  return text;
}
