import { sampleBundle } from './sample-bundle';

describe('the sample bundle', () => {
  it.each([0, 1, 2, 3, 4])(
    'holds an image of %d odd bytes where every reader of archives finds it',
    (extra) => {
      const image = Buffer.alloc(1000 + extra, 'x');
      const bundle = sampleBundle('2.0.0', image);
      const offset = bundle.indexOf('image.bin\0') + 'image.bin\0'.length;
      const start = Math.ceil(offset / 4) * 4;
      expect(bundle.subarray(start, start + image.length).equals(image)).toBe(true);
      expect(bundle.length % 4).toBe(0);
      expect(bundle.toString('latin1')).toContain('version = "2.0.0"');
    },
  );
});
