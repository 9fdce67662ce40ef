import { Statement } from './statement';

describe('a statement', () => {
  const statement = new Statement<{ id: number; name: string; at: string; name2: string }>(
    'UPDATE thing SET name = $name, at = $at::date, old = $name || $name2 WHERE id = $id',
  );

  it('numbers its parameters as they come, each once', () => {
    expect(statement.text).toBe('UPDATE thing SET name = $1, at = $2::date, old = $1 || $3 WHERE id = $4');
  });

  it('orders its values in the same way', () => {
    const values = { id: 7, at: 'today', name: 'x', name2: 'y' };
    expect(statement.values(values)).toEqual(['x', 'today', 'y', 7]);
  });
});
