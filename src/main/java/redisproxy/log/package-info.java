/** The words that log events have in common. */
package redisproxy.log;
