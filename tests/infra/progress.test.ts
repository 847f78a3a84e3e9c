import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../infra/local/functions-host/function-app.ts';
import { progressPrinter } from '../../infra/local/progress.ts';
import { createWorld } from '../support/world.ts';

const entry = (fields: Readonly<Record<string, unknown>>): LogEntry => ({
  level: 'information',
  message: JSON.stringify(fields),
  args: [],
});

function printed(...entries: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const lines: string[] = [];
  const print = progressPrinter((line) => lines.push(line));
  for (const fields of entries) print(entry(fields));
  return lines;
}

describe('the progress of a month', () => {
  const planned = (runId: string, comparedWith: string, units: number) => {
    return { message: 'comparison planned', invoiceId: 'G1', runId, comparedWith, units };
  };

  it('says what each comparison goes by', () => {
    expect(
      printed(planned('a', 'costexport', 40), planned('b', 'invoicelines', 1), planned('c', 'invoicetotal', 1)),
    ).toEqual([
      'G1, costexport: comparing 40 subscriptions',
      'G1, invoicelines: comparing 1 plan',
      'G1, invoicetotal: comparing its lines with its total',
    ]);
  });

  it('counts what all runs compare, once each, whatever is repeated', () => {
    const compared = (runId: string, subscriptionId: number) => {
      return { message: 'subscription compared', runId, subscriptionId: `${subscriptionId}` };
    };
    const lines = printed(
      planned('a', 'costexport', 9),
      planned('a', 'costexport', 9),
      planned('b', 'invoicelines', 3),
      planned('c', 'invoicetotal', 1),
      compared('c', 0),
      ...Array.from({ length: 9 }, (_, index) => compared('a', index)),
      ...Array.from({ length: 3 }, (_, index) => compared('b', index)),
      compared('b', 2),
    );
    expect(lines.slice(4)).toEqual([
      '10 of 12 subscriptions and plans compared',
      '12 of 12 subscriptions and plans compared',
    ]);
  });

  it('reads what the pipeline logs, so that nothing is undefined', async () => {
    const lines: string[] = [];
    const print = progressPrinter((line) => lines.push(line));
    const told = (message: string, fields: object) => print(entry({ ...fields, message }));
    const world = createWorld({ log: { info: told, warn: told } });
    await world.startTimer();
    await world.untilQuiet();
    expect(lines).toContain('G000000001, costexport: result published');
    expect(lines.filter((line) => line.endsWith('subscriptions and plans compared'))).not.toEqual([]);
    expect(lines.filter((line) => /undefined|NaN/.test(line))).toEqual([]);
  });
});
