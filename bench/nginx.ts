import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from '../src/platform/database/embedded/process/free-port';
import { RAW_FILE_PATH } from './load/raw-requests';
import { pidOf, PROXY_ADDRESS, stop, untilReady, type Server } from './processes';
import type { Workbench } from './workbench';

/** What nginx has to offer. */
export interface NginxOrder {
  readonly program: string;
  /** Told by itself, by sendfile. */
  readonly artifact: string;
  /** In front of this Rookery it stands, and sends the files that lie there. */
  readonly rookery: Server;
  readonly dataDir: string;
}

/** Where the program is; undefined when Debian's package `nginx` is not installed. */
export function findNginx(): string | undefined {
  return ['/usr/sbin', ...(process.env['PATH'] ?? '').split(':')]
    .map((folder) => join(folder, 'nginx'))
    .find((program) => existsSync(program));
}

/** One process, so that its CPU is that of one pid; set up as docs/operations.md says. */
export async function startNginx(workbench: Workbench, order: NginxOrder): Promise<Server> {
  const port = await findFreePort();
  const folder = join(workbench.folder, `nginx-${port}`);
  await mkdir(folder);
  await writeFile(join(folder, 'nginx.conf'), configOf(order, port));
  const child = spawn(order.program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  workbench.leave(() => stop(child));
  await untilReady(child, `http://127.0.0.1:${port}${RAW_FILE_PATH}`);
  return { name: 'nginx', pid: pidOf(child), port };
}

function configOf({ artifact, rookery, dataDir }: NginxOrder, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
${temporary.map((name) => `  ${name}_temp_path ${name};`).join('\n')}
  upstream rookery {
    server 127.0.0.1:${rookery.port};
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location = ${RAW_FILE_PATH} { alias ${artifact}; }
    location / {
      proxy_pass http://rookery;
      proxy_bind ${PROXY_ADDRESS};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
    }
    location /_rookery/ {
      internal;
      alias ${dataDir}/artifacts/;
      etag off;
      add_header ETag                   $upstream_http_etag;
      add_header Last-Modified          $upstream_http_last_modified;
      add_header X-Content-Type-Options nosniff;
    }
  }
}
`;
}
