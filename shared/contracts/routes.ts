import type { Route } from './route.ts';
import { invoiceRoutes } from './routes/invoices.ts';

/** Every route of the HTTP API. What is not here is not served: a test holds the functions to it. */
export const routes = { ...invoiceRoutes } as const satisfies Readonly<Record<string, Route>>;
