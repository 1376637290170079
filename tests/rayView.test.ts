/** The view of stages on Ray. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingAfter, viewLines, type Standing } from '../lib/recipe/ray/view';

test('what is said of a stage changes how it stands, and the view shows it', () => {
  const standings = new Map<string, Standing>(
    ['a', 'b', 'c', 'd'].map((name) => [name, { state: 'waiting', says: '' }]),
  );
  const tell = (name: string, said: object): unknown =>
    standings.set(name, standingAfter({ name, ...said }, standings.get(name)!));
  tell('a', { says: 'on one' });
  tell('b', { says: 'b ██ 50 %' });
  tell('c', { failed: 'the disk is full' });
  assert.deepEqual(viewLines(standings, 61), [
    '0 of 4 stages done, 2 run, 1 failed · 1 min 01 s',
    '  a on one',
    '  b ██ 50 %',
    '  c failed: the disk is full',
  ]);
  tell('a', { says: 'done in 5 s' });
  tell('a', { finished: true });
  tell('b', { stopped: true });
  assert.deepEqual(standings.get('a'), { state: 'done', says: 'done in 5 s' });
  assert.equal(viewLines(standings, 3)[0], '1 of 4 stages done, 0 run, 1 failed · 3 s');
});
