/** `text` as UTF-8 bytes, in the shape in which archives take them. */
export async function* textBytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'utf8');
}
