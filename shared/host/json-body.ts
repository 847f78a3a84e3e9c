import type { HttpRequest } from '@azure/functions';
import { HttpError } from './http-error.ts';

/** The largest body of a request; what people send us is small. */
const bodyCharactersMax = 64 * 1024;

/** @throws HttpError when the body is too large or not JSON */
export async function readJsonBody(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  if (text.length > bodyCharactersMax)
    throw new HttpError(413, 'BodyTooLarge', `The body has more than ${bodyCharactersMax} characters`);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new HttpError(400, 'InvalidBody', 'The body is not valid JSON', 'body');
    throw error;
  }
}
