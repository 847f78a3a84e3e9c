import functions from '@azure/functions';
import { routes } from '../../shared/contracts/routes.ts';
import {
  editOneIssue,
  getEvidence,
  getOneIssue,
  listAllIssues,
  reportOneIssue,
} from '../../shared/host/issue-handlers.ts';
import { serveRoute } from '../../shared/host/serve-route.ts';

functions.app.http('issues_report', serveRoute(routes.reportIssue, reportOneIssue));
functions.app.http('issues_list', serveRoute(routes.listIssues, listAllIssues));
functions.app.http('issues_get', serveRoute(routes.getIssue, getOneIssue));
functions.app.http('issues_edit', serveRoute(routes.editIssue, editOneIssue));
functions.app.http('issues_evidence', serveRoute(routes.getIssueEvidence, getEvidence));
