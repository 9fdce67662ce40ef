import { Theatre } from './theatre';

/** A run that somebody breaks off: `interrupted-run.e2e-spec.ts` starts it and kills it. */
async function main(): Promise<void> {
  const theatre = await Theatre.open({ postgres: 'own' });
  const brought = await Theatre.open({ postgres: 'brought' });
  // So its embedded Postgres stands alone.
  await brought.server.kill9();
  const { dataDir } = theatre.postgres;
  process.stdout.write(
    `READY ${JSON.stringify([dataDir, theatre.server.dataDir, brought.server.dataDir])}\n`,
  );
  setInterval(() => undefined, 1_000);
}

void main();
