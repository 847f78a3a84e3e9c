import { describe, expect, it } from 'vitest';
import { foldRegion } from '../../shared/domain/regions.ts';

describe('a region', () => {
  it.each([
    ['EU West', 'westeurope'],
    ['West Europe', 'westeurope'],
    ['westeurope', 'westeurope'],
    ['EASTUS2', 'eastus2'],
    ['US East 2', 'eastus2'],
    ['  us   EAST ', 'eastus'],
    ['US Gov', 'usgovvirginia'],
    ['AP Southeast', 'southeastasia'],
    ['IN Central', 'centralindia'],
  ])('%j is %s however it is spelled', (text, region) => {
    expect(foldRegion(text)).toBe(region);
  });

  it('is looked up with its spaces: CH North is Switzerland, CN North is China, and chnorth is neither', () => {
    expect(foldRegion('CH North')).toBe('switzerlandnorth');
    expect(foldRegion('CN North')).toBe('chinanorth');
    expect(foldRegion('chnorth')).toBe('chnorth');
    expect(foldRegion('SE Central')).toBe('swedencentral');
    expect(foldRegion('secentral')).toBe('secentral');
  });

  it.each(['', ' ', 'Unassigned', 'Global', 'All Regions'])('%j is none in particular', (text) => {
    expect(foldRegion(text)).toBe('');
  });

  it.each([
    ['EU', 'eu'],
    ['Zone 1', 'zone 1'],
    ['Virginia', 'virginia'],
    ['North America', 'north america'],
    ['Moon  North', 'moon north'],
  ])('%j, which is no region that we know, stays as it is: %s', (text, region) => {
    expect(foldRegion(text)).toBe(region);
  });

  it('of an enterprise meter is the region of its place', () => {
    expect(['Iowa', 'Texas', 'California', 'Cardiff'].map(foldRegion)).toEqual([
      'centralus',
      'southcentralus',
      'westus',
      'ukwest',
    ]);
  });

  it('folds to itself once folded', () => {
    for (const text of ['EU West', 'CH North', 'Zone 1', 'Unassigned', 'Iowa']) {
      expect(foldRegion(foldRegion(text))).toBe(foldRegion(text));
    }
  });
});
