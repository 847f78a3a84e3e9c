/**
 * What Azure sells in the sample month: names, units and prices of the kind Microsoft's price sheet has, the blocks
 * ("10K", "100 Hours") included. Prices have at most 6 decimals and quantities at most 12, so that price × discount ×
 * quantity × rate stays below 30.
 */
export type MeterTemplate = {
  readonly category: string;
  readonly subCategory: string;
  readonly meterName: string;
  readonly productName: string;
  readonly serviceFamily: string;
  readonly consumedService: string;
  readonly resourceType: string;
  readonly unit: string;
  readonly meterType: string;
  /** List price per unit in pricing currency. */
  readonly listPrice: string;
  /** Per resource and day: from and to, in steps of 10^-`decimals`. */
  readonly daily: { readonly low: number; readonly high: number; readonly decimals: number };
  /** Meters without a region leave MeterRegion empty. */
  readonly isGlobal: boolean;
  /** Set for a publisher other than Microsoft: pay-as-you-go marketplace usage. */
  readonly publisher?: { readonly name: string; readonly id: string };
};

export type Region = { readonly meterRegion: string; readonly location: string };

export const regions: readonly Region[] = [
  { meterRegion: 'EU West', location: 'westeurope' },
  { meterRegion: 'EU North', location: 'northeurope' },
  { meterRegion: 'DE West Central', location: 'germanywestcentral' },
  { meterRegion: 'CH North', location: 'switzerlandnorth' },
  { meterRegion: 'US East 2', location: 'eastus2' },
];

/** The region that a row names, as results name it: its location, or what it writes where that is no region. */
export function regionNamed(text: string): string {
  const folded = text.trim().toLowerCase();
  return regions.find(({ meterRegion }) => meterRegion.toLowerCase() === folded)?.location ?? folded;
}

type TemplateRow = readonly [
  category: string,
  subCategory: string,
  meterName: string,
  service: string,
  unit: string,
  listPrice: string,
  low: number,
  high: number,
  decimals: number,
];

/** A day of one resource costs at least one dollar: fit to carry a planted difference above the tolerance. */
const sizeableRows: readonly TemplateRow[] = [
  [
    'Virtual Machines',
    'Dv3/DSv3 Series',
    'D8 v3/D8s v3',
    'Microsoft.Compute/virtualMachines',
    '1 Hour',
    '0.46',
    8,
    24,
    6,
  ],
  [
    'Virtual Machines',
    'Ev3/ESv3 Series',
    'E16 v3/E16s v3',
    'Microsoft.Compute/virtualMachines',
    '1 Hour',
    '1.28',
    6,
    24,
    6,
  ],
  ['Virtual Machines', 'FSv2 Series', 'F16s v2', 'Microsoft.Compute/virtualMachines', '10 Hours', '7.94', 1, 2, 6],
  [
    'SQL Database',
    'Single/Elastic Pool General Purpose',
    'vCore',
    'Microsoft.Sql/servers',
    '1 Hour',
    '0.252',
    24,
    96,
    4,
  ],
  ['SQL Managed Instance', 'General Purpose', 'vCore', 'Microsoft.Sql/managedInstances', '100 Hours', '25.2', 1, 2, 6],
  [
    'Azure Kubernetes Service',
    'Standard',
    'Uptime SLA',
    'Microsoft.ContainerService/managedClusters',
    '1 Hour',
    '0.1',
    24,
    72,
    2,
  ],
  ['Azure Cosmos DB', 'Autoscale', '100 RU/s', 'Microsoft.DocumentDB/databaseAccounts', '1/Hour', '0.012', 240, 960, 3],
  ['Redis Cache', 'Premium', 'P1 Cache Instance', 'Microsoft.Cache/Redis', '1 Hour', '0.554', 12, 24, 6],
  [
    'Application Gateway',
    'WAF v2',
    'Standard Fixed Cost',
    'Microsoft.Network/applicationGateways',
    '1 Hour',
    '0.443',
    12,
    24,
    5,
  ],
  ['Azure Firewall', 'Standard', 'Deployment', 'Microsoft.Network/azureFirewalls', '1 Hour', '1.25', 12, 24, 6],
  [
    'Log Analytics',
    '',
    'Pay-as-you-go Data Ingestion',
    'Microsoft.OperationalInsights/workspaces',
    '1 GB',
    '2.99',
    2,
    40,
    9,
  ],
  [
    'Azure Synapse Analytics',
    'Dedicated SQL Pool',
    'DWU',
    'Microsoft.Synapse/workspaces',
    '100/Hour',
    '1.51',
    6,
    24,
    6,
  ],
];

const smallRows: readonly TemplateRow[] = [
  ['Storage', 'Tables', 'LRS Data Stored', 'Microsoft.Storage/storageAccounts', '1 GB/Month', '0.045', 0, 40, 12],
  ['Storage', 'Tables', 'Write Operations', 'Microsoft.Storage/storageAccounts', '10K', '0.00036', 0, 90, 4],
  [
    'Storage',
    'Tiered Block Blob',
    'Hot LRS Write Operations',
    'Microsoft.Storage/storageAccounts',
    '10K',
    '0.054',
    0,
    30,
    4,
  ],
  [
    'Storage',
    'Tiered Block Blob',
    'All Other Operations',
    'Microsoft.Storage/storageAccounts',
    '10K',
    '0.0043',
    0,
    30,
    4,
  ],
  ['Storage', 'Premium SSD Managed Disks', 'P10 LRS Disk', 'Microsoft.Compute/disks', '1/Month', '19.71', 0, 1, 9],
  ['Storage', 'Standard HDD Managed Disks', 'S4 LRS Disk', 'Microsoft.Compute/disks', '1/Month', '1.536', 0, 1, 9],
  ['Bandwidth', 'Inter-Region', 'Data Transfer Out', 'Microsoft.Network/networkInterfaces', '1 GB', '0.02', 0, 9, 12],
  [
    'Virtual Network',
    'IP Addresses',
    'Standard IPv4 Static Public IP',
    'Microsoft.Network/publicIPAddresses',
    '1 Hour',
    '0.005',
    20,
    24,
    6,
  ],
  [
    'Virtual Network',
    'Private Link',
    'Private Endpoint',
    'Microsoft.Network/privateEndpoints',
    '100 Hours',
    '1',
    0,
    1,
    4,
  ],
  ['Service Bus', '', 'Standard Messaging Operations', 'Microsoft.ServiceBus/namespaces', '1M', '0.8', 0, 3, 6],
  ['Event Hubs', 'Standard', 'Ingress Events', 'Microsoft.EventHub/namespaces', '1M', '0.028', 0, 12, 6],
  ['Functions', 'Flex Consumption', 'On Demand Total Executions', 'Microsoft.Web/sites', '10', '0.000004', 0, 900, 1],
  ['Azure App Service', 'Basic Plan', 'B1', 'Microsoft.Web/serverfarms', '1 Hour', '0.075', 20, 24, 6],
  ['Virtual Machines', 'BS Series', 'B2ms', 'Microsoft.Compute/virtualMachines', '1 Hour', '0.0912', 4, 24, 6],
  [
    'Microsoft Defender for Cloud',
    'Servers',
    'Standard P2 Node',
    'Microsoft.Security/pricings',
    '1/Month',
    '14.6',
    0,
    1,
    12,
  ],
  ['Backup', '', 'Azure VM Protected Instances', 'Microsoft.RecoveryServices/vaults', '1/Month', '10', 0, 1, 9],
];

const globalRows: readonly TemplateRow[] = [
  ['Key Vault', '', 'Operations', 'Microsoft.KeyVault/vaults', '10K', '0.03', 0, 20, 4],
  ['Azure DNS', 'Public', 'Public Zone', 'microsoft.network/dnszones', '1/Month', '0.5', 0, 1, 9],
  [
    'Content Delivery Network',
    'Standard Microsoft',
    'Data Transfer',
    'Microsoft.Cdn/profiles',
    '1 GB',
    '0.081',
    0,
    60,
    9,
  ],
  ['Azure Front Door Service', 'Standard', 'Requests', 'Microsoft.Cdn/profiles', '10K', '0.009', 0, 99, 4],
];

const freeRows: readonly TemplateRow[] = [
  ['Azure Monitor', '', 'Metrics ingestion - Free', 'Microsoft.Insights/components', '10M', '0', 0, 4, 6],
  ['Functions', 'Consumption', 'Total Executions - Free', 'Microsoft.Web/sites', '10', '0', 1, 99, 1],
  [
    'Bandwidth',
    'Rtn Preference: MGN',
    'Data Transfer In - Free',
    'Microsoft.Network/networkInterfaces',
    '1 GB',
    '0',
    0,
    50,
    9,
  ],
];

const marketplaceRows: readonly TemplateRow[] = [
  ['SaaS', 'Tailspin Cloud Firewall', '4core', 'Tailspin.Firewall/virtualMachines', '1 Hour', '1.18', 12, 24, 6],
  ['SaaS', 'Wingtip Enterprise Linux', '1core', 'Wingtip.Linux/virtualMachines', '1 Hour', '0.06', 20, 24, 6],
];

export const sizeableMeters: readonly MeterTemplate[] = sizeableRows.map((row) => fromTemplateRow(row, false));
export const smallMeters: readonly MeterTemplate[] = smallRows.map((row) => fromTemplateRow(row, false));
export const globalMeters: readonly MeterTemplate[] = globalRows.map((row) => fromTemplateRow(row, true));
export const freeMeters: readonly MeterTemplate[] = freeRows.map((row) => fromTemplateRow(row, false));
export const marketplaceMeters: readonly MeterTemplate[] = marketplaceRows.map((row) => ({
  ...fromTemplateRow(row, true),
  publisher: { name: `${row[1].split(' ')[0]} Software`, id: `${row[1].split(' ')[0]}-inc`.toLowerCase() },
}));

function fromTemplateRow(row: TemplateRow, isGlobal: boolean): MeterTemplate {
  const [category, subCategory, meterName, service, unit, listPrice, low, high, decimals] = row;
  const [consumedService = '', resourceType = ''] = service.split('/');
  return {
    category,
    subCategory,
    meterName,
    productName: subCategory === '' ? category : `${category} ${subCategory}`,
    serviceFamily: serviceFamilyOf(consumedService),
    consumedService,
    resourceType,
    unit,
    meterType: `${unit} - ${meterName}`,
    listPrice,
    daily: { low, high, decimals },
    isGlobal,
  };
}

function serviceFamilyOf(consumedService: string): string {
  const families: Readonly<Record<string, string>> = {
    'Microsoft.Compute': 'Compute',
    'Microsoft.Storage': 'Storage',
    'Microsoft.Sql': 'Databases',
    'Microsoft.Network': 'Networking',
    'Microsoft.Web': 'Compute',
  };
  return families[consumedService] ?? 'Azure services';
}
