import { newModel, type DemoModel } from '../../src/cli/demo/model';

const START = newModel({
  place: {
    url: 'http://127.0.0.1:8080',
    apiToken: 'demo-0123456789abcdef01234567',
    folder: '/tmp/rookery-demo-AbCdEf',
    files: ['server.log', 'first-credentials.json'],
  },
  note: undefined,
  isStaying: true,
  versions: { from: '1.0.0', to: '2.0.0' },
  devices: 300,
});

/** The demo at one moment: 300 devices, and nothing has happened yet. */
export function aDemoModel(part: Partial<DemoModel> = {}): DemoModel {
  return { ...START, ...part };
}

/** The fleet is being switched on. */
export function aWaitingModel(): DemoModel {
  return aDemoModel({
    phase: 'registering',
    seconds: 4.3,
    registered: 125,
    fleet: { pollsPerSecond: 71, reportsPerSecond: 0, byState: { off: 173, idle: 127 } },
  });
}

/** The rollout is half-way through. */
export function aHalfwayModel(part: Partial<DemoModel> = {}): DemoModel {
  return aDemoModel({
    phase: 'rolling',
    seconds: 26.9,
    registered: 300,
    rollout: {
      id: '1',
      state: 'running',
      inFlightCap: 75,
      admitted: 217,
      devices: {
        confirmed: 136,
        failed: 8,
        downloading: 61,
        downloaded: 3,
        installing: 7,
        retrieved: 1,
        cancelling: 1,
      },
    },
    causes: [
      { text: 'Failed to install software bundle.', devices: 4 },
      { text: 'Update failed.', devices: 3 },
      { text: 'the image was refused', devices: 1 },
    ],
    fleet: {
      pollsPerSecond: 148,
      reportsPerSecond: 32,
      byState: { off: 2, idle: 203, downloading: 1, installing: 41, rebooting: 43, reporting: 7, silent: 3 },
    },
    occurrences: [
      { seconds: 25.1, text: 'sim-00019 confirmed', isBad: false },
      { seconds: 26.1, text: 'sim-00134 failed: Failed to install software bundle.', isBad: true },
      { seconds: 26.1, text: 'sim-00092 confirmed', isBad: false },
      {
        seconds: 26.6,
        text: 'action.cancelling: action:74 of sim-00218, by token:first-start',
        isBad: false,
      },
    ],
    ...part,
  });
}

/** All is over and judged, more causes than rows. */
export function aFinishedModel(part: Partial<DemoModel> = {}): DemoModel {
  return aHalfwayModel({
    phase: 'done',
    seconds: 62.4,
    rollout: {
      id: '1',
      state: 'running',
      inFlightCap: 75,
      admitted: 300,
      devices: { confirmed: 282, failed: 13, cancelled: 1, downloading: 3, retrieved: 1 },
    },
    causes: [
      { text: 'Failed to install software bundle.', devices: 4 },
      { text: 'Update failed.', devices: 3 },
      { text: 'Download failed: cut', devices: 2 },
      { text: 'ERROR : Writing into SWUpdate IPC stream failed.', devices: 2 },
      { text: 'reported success, and runs 1.0.0 again', devices: 1 },
      { text: 'the image was refused', devices: 2 },
    ],
    fleet: { pollsPerSecond: 146, reportsPerSecond: 0, byState: { idle: 296, silent: 4 } },
    judged: { actions: 300, mismatches: [] },
    example: { controllerId: 'sim-00134', actionId: '74' },
    ...part,
  });
}
