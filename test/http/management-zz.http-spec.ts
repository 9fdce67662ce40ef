import { startRookery } from '../support/rookery-app';
import request from 'supertest';
it('x', async () => {
  const r = await startRookery();
  const stack = (r.app.getHttpAdapter().getInstance() as any).router.stack;
  for (const l of stack) if (l.route && l.match('/api/v1/nothing')) console.log(l.route.path, Object.keys(l.route.methods).length);
  for (const n of ['constructor','toString','__proto__']) {
  const a = await request(r.url).post('/api/v1/feeds').auth(r.token,{type:'bearer'}).type('application/json').send(`{"name":"p${n.length}","${n}":{"a":1}}`);
  console.log(n, a.status, a.text);}
  await r.close();
});
