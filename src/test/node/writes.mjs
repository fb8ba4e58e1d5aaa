// What a client may do to a key that others read.
export const WRITES = [
  ['SET', 'k', 'a'],
  ['APPEND', 'k', 'b'],
  ['SETRANGE', 'k', '0', 'c'],
  ['RENAME', 'k', 'other'],
  ['MSET', 'k', '1', 'other', '2'],
  ['COPY', 'k', 'other', 'REPLACE'],
  ['EVAL', "return redis.call('INCR', 'k')", '0'],
  ['BITOP', 'NOT', 'other', 'k'],
  ['GETDEL', 'k'],
  ['LPUSH', 'k', 'no string any more'],
  ['EVAL', "redis.call('DEL', 'k') return redis.call('LPUSH', KEYS[1], 1)", '1', 'k'],
  ['SET', 'k', 'again'],
  ['PEXPIRE', 'k', '0'],
  ['SWAPDB', '0', '1'],
  ['SWAPDB', '0', '1'],
  ['FLUSHALL'],
];
