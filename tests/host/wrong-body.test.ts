import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { wrongBody } from '../../shared/host/wrong-body.ts';

const schema = z.strictObject({ invoiceId: z.string(), file: z.strictObject({ culture: z.enum(['de-DE', 'en-GB']) }) });

function faultOf(body: unknown) {
  const { error } = schema.safeParse(body);
  if (error === undefined) throw new Error('the body is right');
  return wrongBody('InvalidBody', error);
}

describe('a wrong body', () => {
  it('is told in one line that begins with the field', () => {
    expect(faultOf({ invoiceId: 'G1', file: { culture: 'xx' } })).toMatchObject({
      status: 400,
      code: 'InvalidBody',
      message: 'file.culture: Invalid option: expected one of "de-DE"|"en-GB"',
      target: 'body',
      details: [],
    });
    expect(faultOf([]).message).toBe('The body: Invalid input: expected object, received array');
  });

  it('has each fault in details where there are several', () => {
    const { message, details } = faultOf({ file: { culture: 'de-DE', typo: 1 } });
    expect(details.map((one) => one.message)).toEqual([
      'invoiceId: Invalid input: expected string, received undefined',
      'file: Unrecognized key: "typo"',
    ]);
    expect(message).toBe(details.map((one) => one.message).join('; '));
  });
});
