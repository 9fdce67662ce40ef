import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BODY_BYTES = 200;
const SLEEP = '{"config":{"polling":{"sleep":"00:05:00"}},"filler":""}';
const body = SLEEP.replace('""', `"${'.'.repeat(BODY_BYTES - SLEEP.length)}"`);

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/hal+json', 'Content-Length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 330_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
