import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  deviceTime,
  espFeedback,
  raucConfigData,
  raucFeedback,
  statusOf,
  swupdateConfigData,
  swupdateFeedback,
  zephyrConfigData,
  zephyrFeedback,
  type Report,
} from './bodies';

/** What real clients sent. */
const sent = (name: string): string =>
  readFileSync(join(__dirname, '../../../../test/fixtures/feedback', `${name}.txt`), 'utf8');
const timeIn = (body: string): string => /"time":\s?"([^"]*)"/.exec(body)?.[1] ?? '';

const closed = (finished: 'success' | 'failure', details: string[], of?: number): Report => ({
  ...{ execution: 'closed', finished, details },
  ...(of === undefined ? {} : { progress: { cnt: 0, of } }),
});

describe('bodies as SWUpdate writes them', () => {
  it.each<[string, Report]>([
    ['swupdate-closed-success', closed('success', ['Update Installed.'], 0)],
    ['swupdate-skipped', closed('success', ['Skipped Update.'], 0)],
    ['swupdate-cancel-ack', closed('success', ['cancellation acknowledged.'])],
    [
      'swupdate-INVALID-unescaped-quote',
      closed(
        'failure',
        ['ERROR : Required image file ro"ot .img missing...aborting !', 'No suitable .swu image found'],
        1,
      ),
    ],
    [
      'swupdate-INVALID-raw-newline',
      closed(
        'failure',
        ['No artifact download URL reported by server.\n', 'No suitable .swu image found'],
        1,
      ),
    ],
    [
      'swupdate-proceeding',
      {
        execution: 'proceeding',
        finished: 'none',
        progress: { cnt: 0, of: 1 },
        details: ['Installing Update Chunk Artifacts.'],
      },
    ],
  ])('is %s to the letter', (name, report) => {
    const real = sent(name);
    expect(swupdateFeedback('42', timeIn(real), report)).toBe(real);
  });

  it('puts the attributes as 2022.12 does, and later versions with a mode', () => {
    const real = sent('swupdate-configData');
    const attributes = { swVersion: '0.9', board: 'my-board', hwRevision: 'rev4.2' };
    expect(swupdateConfigData(timeIn(real), attributes)).toBe(real);
    expect(JSON.parse(swupdateConfigData(timeIn(real), attributes, 'replace'))).toEqual({
      ...JSON.parse(real),
      mode: 'replace',
    });
  });
});

describe("bodies as RAUC's updater writes them", () => {
  it.each<[string, Report]>([
    ['rhu-closed-success', closed('success', ['Software bundle installed successfully.'])],
    ['rhu-closed-failure', closed('failure', ['Failed to install software bundle.'])],
    ['rhu-cancel-ack', closed('success', ['Action canceled.'])],
    ['rhu-downloaded', { execution: 'downloaded', finished: 'success', details: ['File checksum OK.'] }],
    [
      'rhu-proceeding',
      { execution: 'proceeding', finished: 'none', details: ['Download complete. 1.66 MB/s'] },
    ],
  ])('is %s to the letter', (name, report) => {
    const real = sent(name);
    expect(raucFeedback('42', timeIn(real), report)).toBe(real);
  });

  it('puts the attributes without a mode', () => {
    const real = sent('rhu-configData');
    const attributes = { mac_address: 'ff:ff:ff:ff:ff:ff', hwRevision: 'rev4.2', board: 'my-board' };
    expect(raucConfigData(timeIn(real), attributes)).toBe(real);
  });
});

describe('bodies of Zephyr and the ESP32 agent', () => {
  it('tells of Zephyr nothing but the outcome', () => {
    expect(zephyrFeedback(closed('failure', ['not told']))).toBe(
      '{"status":{"execution":"closed","result":{"finished":"failure"}}}',
    );
    expect(zephyrConfigData({ VIN: 'x' })).toBe('{"mode":"merge","data":{"VIN":"x"}}');
  });

  it('tells of the agent code and progress where there are any', () => {
    const report = { ...closed('failure', ['rolled back']), code: 2 };
    expect(JSON.parse(espFeedback('7', report))).toEqual({
      id: '7',
      status: { execution: 'closed', result: { finished: 'failure' }, code: 2, details: ['rolled back'] },
    });
  });
});

it('knows a report by the word of the log', () => {
  expect(statusOf(closed('success', []))).toBe('closed/success');
  expect(statusOf({ execution: 'proceeding', finished: 'none' })).toBe('proceeding');
});

it('writes the time of a clock that began when the firmware was built', () => {
  expect(deviceTime(61_000)).toBe('20200101T000101');
});
