import { artifactBytes } from '../artifact';
import { quantile } from '../figures';
import type { LoadOrder, LoadReport } from '../load';
import { Connection, type Notebook } from './connection';
import { CONVERSATIONS } from './conversations';

let made: Buffer = Buffer.alloc(0);

/** Made once for each size. */
function artifactOf(bytes: number): Buffer {
  if (made.length !== bytes) made = artifactBytes(bytes);
  return made;
}

async function run({ conversation, topic, connections, seconds }: LoadOrder): Promise<LoadReport> {
  const notebook: Notebook = { endAtMs: Infinity, units: 0, latenciesMs: [], requests: 0 };
  let next = topic.next;
  const artifact = artifactOf(topic.artifactBytes);
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(topic.port, artifact, notebook)),
  );
  const startMs = performance.now();
  notebook.endAtMs = startMs + seconds * 1000;
  try {
    const talks = open.map((connection) =>
      connection.converse(
        CONVERSATIONS[conversation]({
          topic,
          closeUnit: (units) => connection.closeUnit(units),
          takeNumber: () => next++,
        }),
      ),
    );
    await Promise.all(talks);
  } finally {
    for (const connection of open) connection.close();
  }
  const latencies = Float64Array.from(notebook.latenciesMs).sort();
  return {
    units: notebook.units,
    requests: notebook.requests,
    seconds: (performance.now() - startMs) / 1000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    next,
  };
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
