import functions from '@azure/functions';
import { answerUnknown } from '../../shared/host/unknown-route.ts';

functions.app.http('unknown', {
  route: '{*path}',
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  authLevel: 'anonymous',
  handler: answerUnknown,
});
