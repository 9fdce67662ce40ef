import { DigestingPass } from './hashing';

describe('DigestingPass', () => {
  it('gives the published digests of the check string, however it is cut', () => {
    for (const cut of [0, 1, 4, 9]) {
      const pass = new DigestingPass();
      const bytes = Buffer.from('123456789');
      pass.update(bytes.subarray(0, cut));
      pass.update(bytes.subarray(cut));
      expect(pass.digest()).toEqual({
        sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
        sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
        md5: '25f9e794323b453885f5181f1b624d0b',
        crc32: 'cbf43926',
        sizeBytes: 9,
      });
    }
  });

  it('pads the crc32 of nothing to eight digits', () => {
    expect(new DigestingPass().digest()).toMatchObject({ crc32: '00000000', sizeBytes: 0 });
  });
});
