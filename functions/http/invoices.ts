import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import { getInvoice, listAllInvoices } from '../../shared/host/invoice-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('invoices_list', serveRoute(routes.listInvoices, listAllInvoices));
functions.app.http('invoices_get', serveRoute(routes.getInvoice, getInvoice));
