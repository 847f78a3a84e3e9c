import functions from '@azure/functions';
import { recorder } from './recorder.ts';

const { app } = functions;

app.serviceBusQueue('ingestPart', {
  queueName: '%PARTS_QUEUE%',
  connection: 'Bus',
  handler: (message, context) => recorder.run(message, context),
});

app.serviceBusQueue('recordDeadLetter', {
  queueName: 'parts/$deadletterqueue',
  connection: 'Bus',
  handler: (message, context) => recorder.run(message, context),
});
