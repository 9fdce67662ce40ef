import { quantile } from '../figures';
import type { RoundOrder, RoundReport } from '../load';
import { Connection, type Notebook } from './connection';
import type { Conversation, Topic } from './conversation';
import { idlePolls } from './idle-polls';

/** What can be said to a server. A new scenario adds its conversation here. */
const CONVERSATIONS: Readonly<Record<RoundOrder['conversation'], (topic: Topic) => Conversation>> = {
  'idle-polls': idlePolls,
};

async function run(order: RoundOrder): Promise<RoundReport> {
  const { port } = order.topic;
  const connections = await Promise.all(
    Array.from({ length: order.connections }, () => Connection.open(port)),
  );
  const startMs = performance.now();
  const notebook: Notebook = { endAtMs: startMs + order.seconds * 1000, latenciesMs: [] };
  try {
    await Promise.all(
      connections.map((one) => one.converse(CONVERSATIONS[order.conversation](order.topic), notebook)),
    );
  } finally {
    for (const one of connections) one.close();
  }
  const seconds = (performance.now() - startMs) / 1000;
  const latencies = Float64Array.from(notebook.latenciesMs).sort();
  return {
    requests: latencies.length,
    seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

process.on('message', (order: RoundOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
