import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { RAW_FILE_PATH } from './load/raw-requests';

const BODY_BYTES = 200;
const SLEEP = '{"config":{"polling":{"sleep":"00:05:00"}},"filler":""}';
const body = SLEEP.replace('""', `"${'.'.repeat(BODY_BYTES - SLEEP.length)}"`);

const [file = '', bytes = '0'] = process.argv.slice(2);
/** What Rookery reads at once, so that the difference is not that of the buffers. */
const READ_BYTES = 2 ** 20;

const server = createServer((request, response) => {
  if (request.method !== 'GET') return answerWhenRead(request, response);
  if (request.url === RAW_FILE_PATH) return sendFile(response);
  response.writeHead(200, { 'Content-Type': 'application/hal+json', 'Content-Length': body.length });
  response.end(body);
});

/** A report is read to its end and answered by an empty 200. */
function answerWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks).toString('utf8');
    response.writeHead(200, { 'Content-Length': 0 });
    response.end();
  });
}

function sendFile(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes });
  pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), response, () => undefined);
}

server.keepAliveTimeout = 330_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
