import type { Route } from './route.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { fileRoutes } from './routes/files.ts';
import { grantRoutes } from './routes/grants.ts';
import { identityRoutes } from './routes/identity.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { issueRoutes } from './routes/issues.ts';
import { lineItemRoutes } from './routes/line-items.ts';
import { operationRoutes } from './routes/operations.ts';
import { policyRoutes } from './routes/policies.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { runRoutes } from './routes/runs.ts';
import { serviceRoutes } from './routes/service.ts';

/** Every route of the HTTP API. What is not here is not served: a test holds the functions to it. */
export const routes = {
  ...invoiceRoutes,
  ...lineItemRoutes,
  ...reconciliationRoutes,
  ...fileRoutes,
  ...catalogueRoutes,
  ...policyRoutes,
  ...runRoutes,
  ...issueRoutes,
  ...grantRoutes,
  ...identityRoutes,
  ...operationRoutes,
  ...serviceRoutes,
} as const satisfies Readonly<Record<string, Route>>;
