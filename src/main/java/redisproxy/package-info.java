/**
 * redis-proxy: answers Redis reads from a strict LRU in its own memory, over HTTP and RESP.
 *
 * <h2>The path of a GET</h2>
 *
 * <pre>
 *   client
 *     │ bytes
 *     ▼
 *   {@link redisproxy.front.resp.ClientConnection#channelRead} ──► {@link redisproxy.front.resp.Session#accept}    {@link redisproxy.front.http.HttpVerticle} (router)
 *     │   a {@link redisproxy.command.RequestParser} reads requests where they lie        │
 *     │   {@link redisproxy.front.resp.OrderedReplies} keeps replies in order                         │
 *     ▼                                                                    ▼
 *   {@link redisproxy.bus.Front#lookup}   gathers what all connections ask in one event-loop turn
 *     │ one {@link redisproxy.bus.Bus.Lookups} over the event bus
 *     ▼
 *   {@link redisproxy.cacheverticle.CacheVerticle}  the one owner of {@link redisproxy.cache.ReadThrough} and {@link redisproxy.cache.LruCache}
 *     │ hits: the same message, at once               │ misses
 *     │                                               ▼
 *     │                                 {@link redisproxy.upstream.load.Loader}  GETRANGE and PTTL, one load per key
 *     │                                               │ {@link redisproxy.bus.Bus.Answers}, when they have come
 *     ▼                                               ▼
 *   {@link redisproxy.bus.Bus.Asker#answered}   {@link redisproxy.front.resp.OrderedReplies} or {@link redisproxy.front.http.HttpExchange}
 *     │ in the order of the requests, one write for each socket
 *     ▼
 *   client
 * </pre>
 *
 * <p>A value too large to keep does not come this way: {@link redisproxy.upstream.load.ValueStream}
 * carries it from Redis to the client a piece at a time ({@link redisproxy.front.resp.ValueRelay},
 * {@link redisproxy.front.http.HttpStream}).
 *
 * <p>What only Redis can answer does not either. {@link redisproxy.front.resp.SharedRoute} sends
 * short writes over a shared connection, {@link redisproxy.front.resp.DedicatedRoute} relays
 * everything else. {@link redisproxy.command.WriteInvalidation} sees every reply before it is
 * passed on, and tells the cache what was written ({@link redisproxy.bus.Bus#INVALIDATIONS}). Where
 * only Redis knows what that is, {@link redisproxy.front.resp.DedicatedReplies} holds the reply
 * behind a fence. {@link redisproxy.front.resp.ReadBarrier} leads a session back to the cache
 * behind one.
 *
 * <p>{@link redisproxy.cacheverticle.Coherence} keeps the cache as fresh as Redis: it follows the
 * {@link redisproxy.upstream.feed.Feed} and decides how far what is kept can be believed.
 *
 * <p>Where the proxy judges clients itself, {@link redisproxy.front.resp.Login} lets a session in,
 * and {@link redisproxy.front.resp.DedicatedGuard} keeps from Redis what is not for it. {@link
 * redisproxy.front.resp.ClientLimits} say how much a session may ask, {@link
 * redisproxy.front.resp.ClientIds} which id it has.
 *
 * <p>{@link redisproxy.Proxy} deploys the verticles and takes them down; failures become RESP
 * errors in {@code FailureReply} and HTTP statuses in {@code FailureStatus}, and nowhere else.
 *
 * <h2>Glossary</h2>
 *
 * <dl>
 *   <dt>client
 *   <dd>a program that is connected to the proxy
 *   <dt>session
 *   <dd>one RESP client's connection and its state
 *   <dt>route
 *   <dd>how a request is answered: locally, from the cache, over a shared or over a dedicated
 *       connection
 *   <dt>dedicated connection
 *   <dd>a session's own connection to Redis; the setting {@code resp.tunnel} allows it
 *   <dt>spare connection
 *   <dd>a connection to Redis that waits to become the next dedicated one
 *   <dt>shared connection
 *   <dd>a connection to Redis over which the short writes of many sessions go
 *   <dt>call
 *   <dd>a request under way on a shared connection, and the place its reply goes to
 *   <dt>query
 *   <dd>a question to Redis whose answer is the same for all sessions; asked over a connection that
 *       they share, and remembered in the <em>memo</em>
 *   <dt>node
 *   <dd>one Redis server, with all connections to it
 *   <dt>probe
 *   <dd>asks a node for its role, and whether it lets the proxy in
 *   <dt>read barrier
 *   <dd>what keeps a session from reading an older value from the cache than Redis has told it
 *   <dt>front
 *   <dd>an instance of the RESP or the HTTP verticle
 *   <dt>lookup
 *   <dd>a front's question to the cache for one key
 *   <dt>hit, miss
 *   <dd>a lookup that the cache answers, or does not
 *   <dt>load
 *   <dd>one question to Redis for one key; a miss that finds one in flight is <em>coalesced</em>
 *       with it
 *   <dt>entry
 *   <dd>a key and what Redis said of it: a value, or that it is missing
 *   <dt>invalidate
 *   <dd>to drop an entry because its key may have been written
 *   <dt>overtaken
 *   <dd>of a load: its key was invalidated while it was in flight, so it is not kept
 *   <dt>evict
 *   <dd>to drop an entry for room
 *   <dt>expire
 *   <dd>of an entry: to be no longer served, because its time is over
 *   <dt>reclaim
 *   <dd>to drop expired entries that nobody asks for
 *   <dt>too large
 *   <dd>of a value: longer than is kept; it is streamed
 *   <dt>link
 *   <dd>a held connection to Redis, in one database; the <em>pipeline</em> of that database are the
 *       loads on it
 *   <dt>feed
 *   <dd>the connection over which Redis tells which keys are written
 *   <dt>fence
 *   <dd>a question to the feed: whether all that was written before it has been told
 *   <dt>verified, bypassed, unverified
 *   <dd>of what is kept: Redis tells of every write; it answers but tells nothing, so it is asked;
 *       it cannot be reached
 *   <dt>snapshot
 *   <dd>the file that holds the keys of the cache between a stop and the next start, which is
 *       <em>warm</em> when they are loaded from it
 *   <dt>census, reading
 *   <dd>asking every verticle how it is doing; what all have told, summed up
 *   <dt>hot
 *   <dd>of a key: looked up more than others, lately
 *   <dt>peek
 *   <dd>to look at an entry without its counting as a use
 *   <dt>viewer
 *   <dd>a browser that shows the dashboard
 *   <dt>outcome
 *   <dd>what has become of a request
 *   <dt>gate
 *   <dd>counts who is in and turns away who is too many
 *   <dt>limit, rate
 *   <dd>how many requests a second are answered, of one client or of all
 *   <dt>late
 *   <dd>of the answer to a failed log-in: held back for a while
 * </dl>
 */
@NullMarked
package redisproxy;

import org.jspecify.annotations.NullMarked;
