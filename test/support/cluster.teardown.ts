import { rm } from 'node:fs/promises';
import './cluster.setup';

/**
 * Stops what cluster.setup.ts started and removes its folders, also when the server does not stop as it
 * should.
 */
export default async function stopClusters(): Promise<void> {
  const clusters = globalThis.rookeryTestClusters ?? [];
  for (const { postgres, folders, watchdog } of clusters.splice(0)) {
    try {
      await postgres.stop();
      watchdog.kill('SIGKILL');
    } finally {
      for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}
