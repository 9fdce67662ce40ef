import { join } from 'node:path';
import type { Contestant } from './contestant';
import type { Driver } from './driver';
import { drivePgbench } from './pgbench';
import type { Server } from './processes';
import type { Scenario } from './scenario';
import type { Stage } from './stage';
import { ACCEL, NGINX, PGBENCH, RAW } from './standing';
import type { Workbench } from './workbench';
import { driveWrk } from './wrk';

/** Programs that are used where they are installed. */
export interface Programs {
  readonly pgbench: string | undefined;
  readonly wrk: string | undefined;
  readonly nginx: string | undefined;
}

/** Where and by what a scenario is played. */
export interface Arena {
  readonly stage: Stage;
  readonly driver: Driver;
  readonly loadPid: number;
  readonly connections: number;
  readonly programs: Programs;
  readonly workbench: Workbench;
}

/** What they cost hardly varies, so shorter rounds tell it. */
const YARDSTICK_SHARE = 0.5;

/** The bare server, bare SQL, Rookery, the builds it is compared with, and Rookery once more as wrk sees it. */
export function contestantsFor(scenario: Scenario, arena: Arena): Contestant[] {
  const { wrk } = scenario;
  const { programs, stage } = arena;
  return [
    rawServer(arena),
    ...(programs.pgbench === undefined ? [] : [bareSql(programs.pgbench, scenario, arena)]),
    ...(scenario.besideNginx === true ? besideNginx(arena) : []),
    ...stage.rookeries.map((server) => rookery(server, arena)),
    ...(programs.wrk === undefined || wrk === undefined ? [] : [rookeryByWrk(programs.wrk, wrk, arena)]),
  ];
}

function rawServer({ driver, loadPid, stage: { raw } }: Arena): Contestant {
  return {
    name: RAW,
    pid: raw.pid,
    loadPid,
    isCounted: false,
    share: YARDSTICK_SHARE,
    drive: (seconds) => driver.askRaw(raw, seconds),
  };
}

function rookery(server: Server, { driver, loadPid, stage: { database } }: Arena): Contestant {
  return {
    name: server.name,
    pid: server.pid,
    loadPid,
    database,
    isCounted: true,
    share: 1,
    rehearse: (seconds) => driver.rehearse(server, seconds),
    ready: () => driver.renewFleet(),
    drive: (seconds) => driver.askRookery(server, seconds),
  };
}

/** nginx with the artifact as a file, and nginx that asks Rookery for each. */
function besideNginx({ driver, loadPid, stage }: Arena): Contestant[] {
  const { nginx, database } = stage;
  if (nginx === undefined) return [];
  const alone: Contestant = {
    name: NGINX,
    pid: nginx.pid,
    loadPid,
    isCounted: false,
    // As long as those that it is compared with: the first second of a round is cheaper than the others.
    share: 1,
    drive: (seconds) => driver.askRaw(nginx, seconds),
  };
  const inFront: Contestant = {
    ...alone,
    name: ACCEL,
    companionPid: stage.rookeries[0].pid,
    database,
    rehearse: (seconds) => driver.rehearse(nginx, seconds),
    drive: (seconds) => driver.askRookery(nginx, seconds),
  };
  return [alone, inFront];
}

function bareSql(program: string, scenario: Scenario, { stage, workbench }: Arena): Contestant {
  const { floor, unitsPerRequest = 1 } = scenario;
  const { database, devices } = stage;
  const file = join(__dirname, 'floor', floor);
  const sql = { file, databaseUrl: database.url, numbers: { devices }, workbench };
  return {
    name: PGBENCH,
    database,
    isCounted: true,
    share: YARDSTICK_SHARE,
    drive: async (seconds) => {
      const report = await drivePgbench(program, sql, seconds);
      await database.untilGone(PGBENCH);
      return { ...report, units: report.units * unitsPerRequest };
    },
  };
}

function rookeryByWrk(
  program: string,
  wrk: string,
  { stage, connections, workbench: { signal } }: Arena,
): Contestant {
  const [{ port, pid }] = stage.rookeries;
  const order = { ...stage.access, script: join(__dirname, 'load', wrk), port, connections, signal };
  return {
    name: 'rookery, wrk',
    pid,
    database: stage.database,
    isCounted: false,
    share: YARDSTICK_SHARE,
    drive: (seconds) => driveWrk(program, order, seconds),
  };
}
