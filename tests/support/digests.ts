import type { RunDigest } from '../../shared/domain/run-digest.ts';

export const subscriptionId = 'aaaaaaaa-0000-4000-8000-00000000000a';

/** A digest in which everything is told that can be. */
export const fullDigest: RunDigest = {
  runId: '0123456789abcdef0123456789abcdef',
  billingCycle: '2026-10',
  invoiceId: 'G000000001',
  comparedWith: 'costexport',
  isMatched: false,
  gate: 'otherCurrency',
  totals: [
    {
      currency: 'EUR',
      invoice: '1200.5',
      other: '1180',
      variance: '20.5',
      matchedLines: 790,
      comparableLines: 800,
      matchRateByCount: '98.75',
      matchRateByAmount: '99.12',
      largestCauses: [
        { cause: 'quantity', amount: '18.5' },
        { cause: 'missingDays', amount: '3' },
        { cause: 'rounding', amount: '-1' },
      ],
    },
    {
      currency: 'USD',
      invoice: '0',
      other: '0',
      variance: '0',
      matchedLines: 0,
      comparableLines: 0,
      largestCauses: [],
    },
  ],
  breaks: {
    open: 10,
    new: 4,
    worsened: 1,
    largest: [
      {
        breakId: 'b1',
        trend: 'new',
        subscriptionId,
        meterId: 'm1',
        meterName: 'D2 v3/D2s v3',
        region: 'westeurope',
        currency: 'EUR',
        variance: '12.5',
        ageMonths: 1,
        severity: 'contactSupport',
      },
      {
        breakId: 'b2',
        trend: 'worsened',
        subscriptionId: '',
        meterId: 'm2',
        meterName: '',
        region: '',
        currency: 'EUR',
        variance: '-3',
        ageMonths: 4,
        severity: 'minor',
      },
    ],
  },
  link: 'https://portal.example/reconciliation?runId=0123456789abcdef0123456789abcdef',
};
