import functions from '@azure/functions';

functions.app.serviceBusQueue('batched', {
  queueName: 'parts',
  connection: 'Bus',
  cardinality: 'many',
  handler: () => undefined,
});
