/** How much text is gathered before it is handed on: few large chunks, never the whole. */
const chunkCharacters = 256 * 1024;

/** One JSON document per line, as bytes. */
export async function* jsonLinesOf(values: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  let text = '';
  for (const value of values) {
    text += `${JSON.stringify(value)}\n`;
    if (text.length >= chunkCharacters) {
      yield Buffer.from(text, 'utf8');
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

/** The lines of UTF-8 bytes that we wrote ourselves, without their line ends; empty lines are passed over. */
export async function* linesOfBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
