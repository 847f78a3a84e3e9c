import { z } from 'zod';

/** An exact decimal: digits with an optional sign and fraction, no exponent. */
export const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

/** A moment, ISO 8601 in UTC. */
export const moment = z.iso.datetime();
