import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableOfAside, type AsideRow } from './asides/aside';
import { writeAside } from './asides/aside-results';
import { verbs } from './asides/verbs';
import { Cluster } from './cluster';
import { comparison } from './comparison';
import { contestantsFor, type Arena, type Programs } from './contestants';
import { Contest } from './contest';
import { Driver } from './driver';
import { Load } from './load';
import { findNginx } from './nginx';
import type { BenchOptions } from './options';
import { findPgbench, pgbenchVersion } from './pgbench';
import { digestOf } from './profile';
import { readResult, resultOf, writeResult, type Conditions, type Result } from './result';
import type { Scenario } from './scenario';
import { SCENARIOS } from './scenarios/catalogue';
import { Stage, type Fleet } from './stage';
import { overviewOf, writeSummary } from './summary';
import { tableOf } from './table';
import { measureUploads } from './uploads';
import type { Workbench } from './workbench';
import { findWrk } from './wrk';

const CONNECTIONS = 64;
const QUICK_DEVICES = 2000;
const UPLOAD_BYTES = 2 ** 30;
const QUICK_UPLOAD_BYTES = 2 ** 25;
const UPLOAD_ROUNDS = 3;
/** Last-seen times are written once a second. */
const SETTLE_MS = 1500;

/** Scenarios that are played on one stage. */
interface Scene {
  readonly fleet: Fleet;
  readonly devices: number;
  readonly scenarios: readonly Scenario[];
}

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** One run of the command. */
export class Bench {
  /** Of all sizes of fleets, to be seen side by side in the end. */
  private readonly verbs: AsideRow[] = [];
  private readonly programs: Programs = { pgbench: findPgbench(), wrk: findWrk(), nginx: findNginx() };

  constructor(
    private readonly workbench: Workbench,
    /** Where the results are that this run may be compared with. */
    private readonly committed: string,
    private readonly options: BenchOptions,
  ) {}

  async play(scenarios: readonly Scenario[]): Promise<void> {
    this.tellAbsent();
    const load = Load.start(this.workbench);
    const cluster = await Cluster.start(this.workbench);
    const results: Result[] = [];
    for (const scene of this.scenesOf(scenarios))
      results.push(...(await this.playScene(scene, cluster, load)));
    if (results.length > 1) process.stdout.write(`\n${overviewOf(results)}`);
    if (this.verbs.length > 0) process.stdout.write(`\n${tableOfAside(verbs, bySize(this.verbs))}`);
  }

  /** Neighbours that name the same fleet in the same size share it. */
  private scenesOf(scenarios: readonly Scenario[]): Scene[] {
    const scenes: Scene[] = [];
    for (const scenario of scenarios) {
      const { fleet } = scenario;
      const devices = this.devicesOf(scenario);
      const last = scenes.at(-1);
      if (last?.fleet === fleet && last.devices === devices)
        scenes[scenes.length - 1] = { ...last, scenarios: [...last.scenarios, scenario] };
      else scenes.push({ fleet, devices, scenarios: [scenario] });
    }
    return scenes;
  }

  private async playScene(scene: Scene, cluster: Cluster, load: Load): Promise<Result[]> {
    const { fleet, devices, scenarios } = scene;
    const name = `${fleet.name}-${devices}`;
    tell(`\n${devices} devices are made: ${fleet.name}`);
    const corner = this.workbench.corner();
    const { against } = this.options;
    const { nginx } = this.programs;
    const profile = this.options.profile === undefined ? undefined : join(this.options.profile, name);
    const results: Result[] = [];
    try {
      const stage = await Stage.set(corner, cluster, { name, fleet, devices, against, profile, nginx });
      for (const scenario of scenarios) results.push(await this.measure(scenario, stage, load));
    } finally {
      await corner.clear();
    }
    if (profile !== undefined) process.stdout.write(`\n${await digestOf(profile)}`);
    return results;
  }

  private async measure(scenario: Scenario, stage: Stage, load: Load): Promise<Result> {
    const { isQuick, rounds, seconds, results, compares } = this.options;
    tell(`\n${scenario.name}`);
    await scenario.prepare?.(stage);
    const connections = this.options.connections ?? scenario.connections ?? CONNECTIONS;
    const driver = new Driver(scenario, stage, load, connections);
    const arena: Arena = {
      ...{ stage, driver, connections, loadPid: load.pid },
      ...{ programs: this.programs, workbench: this.workbench },
    };
    const rules = { rounds, seconds, settleMs: isQuick ? 0 : SETTLE_MS, countsTransactions: !isQuick };
    const standings = await new Contest(contestantsFor(scenario, arena), rules, tell).run();
    await scenario.audit?.(stage, driver.unitsOfRookery);
    const result = resultOf(scenario, await this.conditions(stage, connections), standings);
    process.stdout.write(`\n${tableOf(result)}`);
    if (scenario.measuresUploads === true) process.stdout.write(`\n${await this.uploads(stage)}`);
    await this.measureAsides(scenario, stage);
    if (compares) process.stdout.write(comparison(await readResult(this.committed, scenario.name), result));
    if (results !== undefined) await this.write(results, result);
    return result;
  }

  private async uploads(stage: Stage): Promise<string> {
    const { isQuick, results } = this.options;
    const sizeBytes = isQuick ? QUICK_UPLOAD_BYTES : UPLOAD_BYTES;
    const order = { sizeBytes, rounds: isQuick ? 1 : UPLOAD_ROUNDS, folder: this.workbench.folder };
    const text = await measureUploads(stage, order);
    if (results !== undefined) await writeFile(join(results, 'uploads.md'), `\`\`\`\n${text}\`\`\`\n`);
    return text;
  }

  private async measureAsides({ asides = [] }: Scenario, stage: Stage): Promise<void> {
    const { isQuick, results } = this.options;
    for (const aside of asides) {
      tell(`beside it: ${aside.name}`);
      const rows = await aside.measure(stage, isQuick);
      process.stdout.write(`\n${tableOfAside(aside, rows)}`);
      if (aside === verbs) this.verbs.push(...rows);
      if (results !== undefined) await writeAside(results, aside, rows);
    }
  }

  private async write(folder: string, result: Result): Promise<void> {
    await writeResult(folder, result);
    const names = SCENARIOS.map(({ name }) => name);
    await writeSummary(folder, names);
  }

  private async conditions(stage: Stage, connections: number): Promise<Conditions> {
    const { seconds, rounds } = this.options;
    const { pgbench } = this.programs;
    return {
      devices: stage.devices,
      seconds,
      rounds,
      connections,
      postgres: `${await stage.database.cluster.version()}, embedded, fsync on`,
      ...(pgbench === undefined ? {} : { pgbench: await pgbenchVersion(pgbench) }),
    };
  }

  private devicesOf({ devices }: Scenario): number {
    return this.options.devices ?? (this.options.isQuick ? Math.min(devices, QUICK_DEVICES) : devices);
  }

  private tellAbsent(): void {
    if (this.programs.pgbench === undefined) tell('pgbench is absent (Debian: postgresql): no bare SQL.');
    if (this.programs.nginx === undefined)
      tell('nginx is absent (Debian: nginx): nobody beside our downloads.');
    if (this.programs.wrk === undefined) tell('wrk is absent (Debian: wrk): no throughput beside ours.');
  }
}

/** Line by line as they came first, each for all sizes. */
function bySize(rows: readonly AsideRow[]): AsideRow[] {
  const names = [...new Set(rows.map(({ what }) => what))];
  return names.flatMap((name) =>
    rows.filter(({ what }) => what === name).sort((a, b) => (a.devices ?? 0) - (b.devices ?? 0)),
  );
}
