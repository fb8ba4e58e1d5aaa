// node-redis (the package `redis`) in RESP2 and RESP3, as applications use it.
import { RESP_TYPES, createClient } from 'redis';
import { WRITES } from './writes.mjs';

// What Redis counts for each client that only reads.
const CONNECTIONS_PER_READER = 0;

const BYTES = Buffer.from([0, 255, 13, 10, 36, 45, 49, 13, 10, 128]);

const sessions = {
  async strings({ client, connect, see }) {
    const other = await connect();
    await see(client.get('none'));
    await see(client.set('s', '1'));
    for (let i = 0; i < 3; i++) {
      await see(client.get('s'));
      await see(client.incrBy('s', 41));
      await see(other.get('s'));
    }
    await see(client.set('s', 'no', { condition: 'NX' }));
    await see(client.set('e', 'soon gone', { expiration: { type: 'PX', value: 100_000 } }));
    await see(client.get('e'));
    await see(client.persist('e'));
    await see(client.mSet([['a', '1'], ['b', 'ä€😀']]));
    await see(client.mGet(['a', 'none', 'b']));
    await see(client.append('b', '!'));
    await see(client.getDel('b'));
    await see(client.get('b'));
    await see(client.incrByFloat('f', 0.5));
    await see(client.get('f'));
    await see(client.del(['s', 'a', 'none']));
    await see(client.get('s'));
    await see(client.exists(['s', 'e']));
  },

  async collections({ client, see }) {
    await see(client.hSet('h', { a: '1', b: '2' }));
    await see(client.hGetAll('h'));
    await see(client.hmGet('h', ['a', 'none']));
    await see(client.hGetAll('none'));
    await see(client.hRandFieldCountWithValues('h', 2).then((fields) => fields.length));
    await see(client.rPush('l', ['a', 'b', 'c']));
    await see(client.lRange('l', 0, -1));
    await see(client.lPopCount('l', 5));
    await see(client.lPop('l'));
    await see(client.sAdd('set', 'only'));
    await see(client.sMembers('set'));
    await see(client.zAdd('z', [{ score: 1.5, value: 'a' }, { score: Infinity, value: 'b' }]));
    await see(client.zRangeWithScores('z', 0, -1));
    await see(client.zScore('z', 'b'));
    await see(client.zmScore('z', ['a', 'none']));
    await see(client.xAdd('x', '1-1', { f: 'v' }));
    await see(client.xRange('x', '-', '+'));
    await see(client.xRead({ key: 'x', id: '0' }));
    await see(client.geoAdd('g', { longitude: 13.361389, latitude: 38.115556, member: 'Palermo' }));
    await see(client.geoPos('g', ['Palermo', 'none']));
    await see(client.type('z'));
    const keys = [];
    for await (const some of client.scanIterator({ COUNT: 1000 })) {
      keys.push(...some);
    }
    await see(keys.sort());
    await see(client.sendCommand(['CONFIG', 'GET', 'save']));
    await see(client.sendCommand(['DEBUG', 'PROTOCOL', 'bignum']));
  },

  async multi({ client, connect, see }) {
    const other = await connect();
    await see(client.multi().set('t', 'in').get('t').incr('n').exec());
    await see(client.get('t'));
    await see(other.get('t'));
    await see(client.multi().set('t', 'written all the same').lPush('t', 'wrong type').exec());
    await see(client.get('t'));
    await see(other.get('t'));
    await see(client.multi().set('t', 'x').addCommand(['NONSENSE']).exec());
    await see(client.get('t'));
    await see(client.multi().hSet('h', 'f', 'v').hGetAll('h').zAdd('z', { score: 1, value: 'a' }).zScore('z', 'a').exec());
  },

  async watch({ client, connect, see }) {
    const other = await connect();
    await client.set('t', '1');
    await see(client.watch('t'));
    await see(client.get('t'));
    await see(client.multi().set('t', 'kept').exec());
    await see(client.watch('t'));
    await see(client.get('t'));
    await see(other.set('t', 'changed'));
    await see(client.multi().set('t', 'lost').exec());
    await see(client.get('t'));
    await see(client.watch('t'));
    await see(other.set('t', 'changed again'));
    await see(client.unwatch());
    await see(client.multi().get('t').exec());
  },

  async pubsub({ client, connect, see }) {
    const subscriber = await connect();
    const heard = [];
    let enough;
    const all = new Promise((resolve) => (enough = resolve));
    const hear = (message, channel) => heard.push([message, channel]) === 5 && enough();
    await see(subscriber.subscribe(['news', 'more'], hear));
    await see(subscriber.subscribe('bytes', hear, true));
    await see(subscriber.pSubscribe('n*', hear));
    await see(subscriber.ping());
    // refused by RESP2, by the library itself or by Redis
    await see(subscriber.sendCommand(['GET', 'while subscribed']));
    await see(client.publish('news', 'one'));
    await see(client.publish('more', 'two'));
    await see(client.publish('bytes', BYTES));
    await see(client.publish('nobody', 'matches the pattern'));
    await all;
    await see(heard);
    await see(subscriber.unsubscribe('news'));
    await see(subscriber.unsubscribe());
    await see(subscriber.pUnsubscribe());
    await see(subscriber.set('after', 'subscriptions'));
    await see(subscriber.get('after'));
  },

  async blocking({ client, connect, see }) {
    const other = await connect();
    await see(client.blPop('q', 0.05));
    const popped = client.blPop(['q', 'r'], 10);
    await see(other.rPush('r', ['a', 'b']));
    await see(popped);
    await see(client.brPop(['q', 'r'], 10));
    const moved = client.blMove('q', 'to', 'LEFT', 'RIGHT', 10);
    await see(other.rPush('q', 'c'));
    await see(moved);
    await see(client.lRange('to', 0, -1));
    const read = client.xRead({ key: 'x', id: '0' }, { BLOCK: 10_000 });
    await see(other.xAdd('x', '1-1', { f: 'v' }));
    await see(read);
    await see(other.bzPopMin('z', 0.05));
  },

  async scripts({ client, see }) {
    const script = "return {KEYS[1], ARGV[1], redis.call('SET', KEYS[1], ARGV[1]), false, 3.9}";
    const options = { keys: ['k'], arguments: ['v'] };
    await see(client.get('k'));
    await see(client.evalSha('0'.repeat(40), options));
    await see(client.eval(script, options));
    await see(client.get('k'));
    const sha1 = await see(client.scriptLoad(script));
    await see(client.evalSha(sha1, { keys: ['k'], arguments: ['w'] }));
    await see(client.get('k'));
    await see(client.scriptExists([sha1, '0'.repeat(40)]));
    await see(client.eval("return redis.error_reply('MINE of my own')"));
    await see(client.eval("return redis.call('LPUSH', KEYS[1], 1)", { keys: ['k'] }));
    await see(client.eval('redis.setresp(3); return {map = {a = 1.5, b = true}}'));
    await see(client.eval('this is not Lua'));
  },

  async pipeline({ client, see }) {
    const replies = [];
    for (let i = 0; i < 300; i++) {
      replies.push(client.set(`p${i}`, `v${i}`), client.get(`p${i}`), client.get(`p${i - 1}`));
      replies.push(client.get('n'), client.incr('n'), client.get('n'));
    }
    await see(Promise.all(replies));
    await see(Promise.all(Array.from({ length: 1000 }, (_, i) => client.get(`p${i % 301}`))));
    await see(Promise.allSettled([client.get('p1'), client.lPush('p0', 'x'), client.get('p0'), client.get('none')]));
    await see(client.multi().set('p0', 'a').get('p0').execAsPipeline());
  },

  async errors({ client, see }) {
    await client.rPush('l', 'a');
    await see(client.get('l'));
    await see(client.get('l'));
    await see(client.incr('l'));
    await see(client.sendCommand(['NONSENSE', 'a', 'b']));
    await see(client.sendCommand(['GET']));
    await see(client.sendCommand(['GET', 'a', 'b']));
    await see(client.sendCommand(['SET', 'a']));
    await see(client.sendCommand(['CONFIG', 'NONSENSE']));
    await see(client.sendCommand(['EVAL', 'return 1', 'not a number']));
    await see(client.sendCommand(['AUTH', 'no', 'such user']));
    await see(client.get('l'));
    await see(client.ping());
  },

  async binary({ client, see }) {
    const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    await see(client.set(BYTES, BYTES));
    await see(buffers.get(BYTES));
    await see(buffers.get(BYTES));
    await see(client.hSet('h', BYTES, BYTES));
    await see(buffers.hmGet('h', BYTES));
    await see(client.append(BYTES, BYTES));
    await see(buffers.get(BYTES));
    await see(client.get(BYTES));
    await see(buffers.multi().get(BYTES).exec());
  },

  async select({ client, connect, see }) {
    const other = await connect();
    await see(client.set('k', 'in 0'));
    await see(client.get('k'));
    await see(client.select(1));
    await see(client.get('k'));
    await see(client.set('k', 'in 1'));
    await see(client.get('k'));
    await see(other.get('k'));
    await see(other.select(1));
    await see(other.get('k'));
    await see(client.select(99999));
    await see(client.get('k'));
    await see(other.move('k', 2));
    await see(client.get('k'));
    await see(client.swapDb(0, 2));
    await see(client.select(0));
    await see(client.get('k'));
  },

  // whoever only reads is answered from the cache, and must see every write
  async readers({ client, connect, see }) {
    const readers = [await connect(), await connect()];
    const read = async () => {
      for (const key of ['k', 'other', 'none']) {
        for (const reader of [...readers, ...readers]) {
          await see(reader.get(key));
        }
      }
    };
    await read();
    for (const write of WRITES) {
      await see(client.sendCommand(write));
      await read();
    }
  },

  async large({ client, connect, see }) {
    const other = await connect();
    const value = 'large '.repeat(180_000);
    await see(client.set('large', value));
    await see(client.get('large'));
    await see(other.get('large'));
    await see(Promise.all([other.get('large'), other.get('none'), other.strLen('large'), other.get('large')]));
    await see(client.multi().get('large').append('large', 'r').get('large').exec());
    await see(other.get('large'));
  },
};

function library(RESP) {
  return {
    name: `node-redis, RESP${RESP}`,
    sessions,
    connectionsPerReader: CONNECTIONS_PER_READER,
    async connect(port) {
      const client = createClient({ RESP, socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
      client.on('error', () => {}); // told by the commands too
      await client.connect();
      return client;
    },
    async flush(client) {
      await client.flushAll();
      await client.scriptFlush();
    },
    close: (client) => client.isOpen && client.destroy(),
  };
}

export const libraries = [library(2), library(3)];
