/** What a file may be called. */
export const FILE_NAME = {
  pattern: /^(?!\.{1,2}$)[^/\\]+$/,
  why: 'must be a file name, without slashes',
};
export const SHA256 = { pattern: /^[0-9a-fA-F]{64}$/, why: 'must be 64 hexadecimal digits' };
