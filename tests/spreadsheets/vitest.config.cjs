/* Apart from the other tests, because it needs LibreOffice: npm run test:spreadsheets. */
module.exports = {
  test: {
    include: ['tests/spreadsheets/*.libreoffice.ts'],
    testTimeout: 120_000,
    pool: 'forks',
    // Each opening is a process of its own, which mostly waits for the disk.
    sequence: { concurrent: true },
    maxConcurrency: 4,
  },
};
