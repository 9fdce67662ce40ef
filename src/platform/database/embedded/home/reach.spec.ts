import { permissionsFor } from './reach';

const account = { name: 'postgres', uid: 105, gid: 110 };

describe('permissionsFor', () => {
  it('counts only the bits of the owner for the owner, even if others may more', () => {
    expect(permissionsFor(account, { uid: 105, gid: 0, mode: 0o40077 })).toBe(0);
    expect(permissionsFor(account, { uid: 105, gid: 110, mode: 0o40700 })).toBe(7);
  });

  it('counts the bits of the group before those of others', () => {
    expect(permissionsFor(account, { uid: 0, gid: 110, mode: 0o40705 })).toBe(0);
    expect(permissionsFor(account, { uid: 0, gid: 110, mode: 0o40750 })).toBe(5);
  });

  it('counts the bits of others for everybody else', () => {
    expect(permissionsFor(account, { uid: 0, gid: 0, mode: 0o40701 })).toBe(1);
  });
});
