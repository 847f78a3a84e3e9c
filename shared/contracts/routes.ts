import type { Route } from './route.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { issueRoutes } from './routes/issues.ts';

/** Every route of the HTTP API. What is not here is not served: a test holds the functions to it. */
export const routes = { ...invoiceRoutes, ...issueRoutes } as const satisfies Readonly<Record<string, Route>>;
