/*
 * Azure's regions and how the files spell them: the id (`westeurope`), the display name (`West Europe`) and the form
 * that meters have (`EU West`).
 */

/** Region id: display name, meter spelling. */
const regions: Readonly<Record<string, readonly [string, string]>> = {
  eastus: ['East US', 'US East'],
  eastus2: ['East US 2', 'US East 2'],
  eastus3: ['East US 3', 'US East 3'],
  centralus: ['Central US', 'US Central'],
  northcentralus: ['North Central US', 'US North Central'],
  southcentralus: ['South Central US', 'US South Central'],
  southcentralus2: ['South Central US 2', 'US South Central 2'],
  westcentralus: ['West Central US', 'US West Central'],
  westus: ['West US', 'US West'],
  westus2: ['West US 2', 'US West 2'],
  westus3: ['West US 3', 'US West 3'],
  canadacentral: ['Canada Central', 'CA Central'],
  canadaeast: ['Canada East', 'CA East'],
  mexicocentral: ['Mexico Central', 'MX Central'],
  brazilsouth: ['Brazil South', 'BR South'],
  brazilsoutheast: ['Brazil Southeast', 'BR Southeast'],
  chilecentral: ['Chile Central', 'CL Central'],
  northeurope: ['North Europe', 'EU North'],
  westeurope: ['West Europe', 'EU West'],
  uksouth: ['UK South', 'GB South'],
  ukwest: ['UK West', 'GB West'],
  francecentral: ['France Central', 'FR Central'],
  francesouth: ['France South', 'FR South'],
  germanywestcentral: ['Germany West Central', 'DE West Central'],
  germanynorth: ['Germany North', 'DE North'],
  switzerlandnorth: ['Switzerland North', 'CH North'],
  switzerlandwest: ['Switzerland West', 'CH West'],
  norwayeast: ['Norway East', 'NO East'],
  norwaywest: ['Norway West', 'NO West'],
  swedencentral: ['Sweden Central', 'SE Central'],
  swedensouth: ['Sweden South', 'SE South'],
  denmarkeast: ['Denmark East', 'DK East'],
  polandcentral: ['Poland Central', 'PL Central'],
  italynorth: ['Italy North', 'IT North'],
  spaincentral: ['Spain Central', 'ES Central'],
  austriaeast: ['Austria East', 'AT East'],
  belgiumcentral: ['Belgium Central', 'BE Central'],
  israelcentral: ['Israel Central', 'IL Central'],
  qatarcentral: ['Qatar Central', 'QA Central'],
  uaenorth: ['UAE North', 'AE North'],
  uaecentral: ['UAE Central', 'AE Central'],
  southafricanorth: ['South Africa North', 'ZA North'],
  southafricawest: ['South Africa West', 'ZA West'],
  eastasia: ['East Asia', 'AP East'],
  southeastasia: ['Southeast Asia', 'AP Southeast'],
  japaneast: ['Japan East', 'JA East'],
  japanwest: ['Japan West', 'JA West'],
  koreacentral: ['Korea Central', 'KR Central'],
  koreasouth: ['Korea South', 'KR South'],
  centralindia: ['Central India', 'IN Central'],
  southindia: ['South India', 'IN South'],
  westindia: ['West India', 'IN West'],
  jioindiacentral: ['Jio India Central', 'IN Central Jio'],
  jioindiawest: ['Jio India West', 'IN West Jio'],
  indonesiacentral: ['Indonesia Central', 'ID Central'],
  malaysiawest: ['Malaysia West', 'MY West'],
  malaysiasouth: ['Malaysia South', 'MY South'],
  taiwannorth: ['Taiwan North', 'TW North'],
  taiwannorthwest: ['Taiwan Northwest', 'TW Northwest'],
  australiaeast: ['Australia East', 'AU East'],
  australiasoutheast: ['Australia Southeast', 'AU Southeast'],
  australiacentral: ['Australia Central', 'AU Central'],
  australiacentral2: ['Australia Central 2', 'AU Central 2'],
  newzealandnorth: ['New Zealand North', 'NZ North'],
  chinanorth: ['China North', 'CN North'],
  chinanorth2: ['China North 2', 'CN North 2'],
  chinanorth3: ['China North 3', 'CN North 3'],
  chinaeast: ['China East', 'CN East'],
  chinaeast2: ['China East 2', 'CN East 2'],
  chinaeast3: ['China East 3', 'CN East 3'],
  usgovvirginia: ['US Gov Virginia', 'US Gov'],
  usgovarizona: ['US Gov Arizona', 'US Gov AZ'],
  usgovtexas: ['US Gov Texas', 'US Gov TX'],
  usdodcentral: ['US DoD Central', 'USDoD Central'],
  usdodeast: ['US DoD East', 'USDoD East'],
};

/**
 * What meters of enterprise agreements write: the place where the region stands. `Virginia`, where several regions
 * stand, and `North America` are no region and stay as they are. No region at all is empty, as it is for global meters.
 */
const otherSpellings: Readonly<Record<string, string>> = {
  iowa: 'centralus',
  texas: 'southcentralus',
  california: 'westus',
  cardiff: 'ukwest',
  'all regions': '',
  global: '',
  unassigned: '',
};

const bySpelling: ReadonlyMap<string, string> = new Map([
  ...Object.entries(regions).flatMap(([id, [name, meter]]): [string, string][] => [
    [id, id],
    [name.toLowerCase(), id],
    [meter.toLowerCase(), id],
  ]),
  ...Object.entries(otherSpellings),
]);

/**
 * The region that `text` names, as its id in lower case; empty for none or all of them. A spelling that is not known
 * stays as it is, in lower case. Spellings are looked up with their spaces and never without: `CH North` is
 * Switzerland, and `chnorth` elsewhere means China.
 */
export function foldRegion(text: string): string {
  const folded = text.trim().toLowerCase().replace(/\s+/g, ' ');
  return bySpelling.get(folded) ?? folded;
}
