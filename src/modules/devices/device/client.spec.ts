import { clientOfConfigData, clientOfHeaders } from './client';

describe('clientOfHeaders', () => {
  it.each([
    [
      'SWUpdate 2022.12, which adds an odd header',
      { 'user-agent': 'libcurl-agent/1.0', charsets: 'utf-8, utf-8' },
      'swupdate',
    ],
    ['SWUpdate by its own name', { 'user-agent': 'swupdate/2026.05' }, 'swupdate'],
    ["RAUC's updater", { 'user-agent': 'rauc-hawkbit-updater/1.4' }, 'rauc'],
    ["RAUC's updater as it was packaged", { 'user-agent': 'rauc-hawkbit-updater' }, 'rauc'],
    ['our agent', { 'user-agent': 'rookery-esp32-agent/0.1' }, 'esp'],
    ['Zephyr', { 'user-agent': 'Zephyr' }, 'zephyr'],
  ] as const)('knows %s', (_who, headers, client) => {
    expect(clientOfHeaders(headers)).toBe(client);
  });

  it.each([
    ['nobody says who he is', {}],
    ["somebody uses libcurl's example", { 'user-agent': 'libcurl-agent/1.0' }],
    ['an engineer looks at the links', { 'user-agent': 'curl/8.5.0' }],
    ['a name only holds one that is known', { 'user-agent': 'not-swupdate/1' }],
    ['a name only begins like one', { 'user-agent': 'raucous' }],
  ])('knows nobody when %s', (_why, headers) => {
    expect(clientOfHeaders(headers)).toBeUndefined();
  });
});

describe('clientOfConfigData', () => {
  it('knows hawkbit-rs by the mode that it leaves null', () => {
    expect(clientOfConfigData({ mode: null, data: { a: 'b' } }, 'd-1')).toBe('hawkbit-rs');
  });

  it('knows Zephyr by the only thing that it tells: the id that its own name ends with', () => {
    expect(clientOfConfigData({ mode: 'merge', data: { VIN: '0042' } }, 'nrf52840dk-0042')).toBe('zephyr');
  });

  it.each([
    ['SWUpdate', { id: '', time: '20261121T150742', data: { board: 'b' } }],
    ['another VIN', { mode: 'merge', data: { VIN: '0043' } }],
    ['no VIN at all', { mode: 'merge', data: { VIN: '' } }],
    ['a VIN among others', { mode: 'merge', data: { VIN: '0042', board: 'b' } }],
    ['a VIN that replaces', { mode: 'replace', data: { VIN: '0042' } }],
    ['nothing', { mode: 'merge', data: {} }],
    ['a list', { mode: 'merge', data: ['0042'] }],
    ['no object', 'mode'],
    ['null', null],
  ])('knows nobody by %s', (_what, body) => {
    expect(clientOfConfigData(body, 'nrf52840dk-0042')).toBeUndefined();
  });
});
