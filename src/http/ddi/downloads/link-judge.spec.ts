import { faultOfLink } from './link-judge';

const OURS = ['https://ota.example.com/base'];

describe('where a device may be redirected to', () => {
  it.each([
    ['another host', 'https://files.example.com/a?X-Amz-Signature=1', OURS],
    ['another port', 'https://ota.example.com:9000/a', OURS],
    ['https from http', 'https://files.example.com/a', ['http://ota.example.com']],
    ['http from http', 'http://files.example.com/a', ['http://ota.example.com']],
  ])('is %s', (_what, link, ours) => {
    expect(faultOfLink(link, ours)).toBeUndefined();
  });

  it.each([
    ['https://ota.example.com/a', OURS],
    ['https://ota.example.com:443/a', OURS],
    ['https://OTA.example.com/a', OURS],
    ['https://ota.example.com/a', ['http://internal', 'https://ota.example.com']],
    ['http://127.0.0.1:9000/a', ['http://127.0.0.1:9000']],
  ])('is not our own origin: %s', (link, ours) => {
    expect(faultOfLink(link, ours)).toBe('own-origin');
  });

  it('is never http from https, not even when only one of our addresses is https', () => {
    expect(faultOfLink('http://files.example.com/a', OURS)).toBe('unencrypted');
    expect(faultOfLink('http://files.example.com/a', ['http://a', 'https://a'])).toBe('unencrypted');
    expect(faultOfLink('http://files.example.com/a', ['https://a', 'http://a'])).toBe('unencrypted');
  });

  it('is nowhere when our own address cannot be read', () => {
    expect(faultOfLink('https://files.example.com/a', ['http://['])).toBe('unreadable');
    expect(faultOfLink('files.example.com/a', OURS)).toBe('unreadable');
  });
});
