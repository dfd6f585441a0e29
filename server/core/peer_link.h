/* peer_link.h - connections to other servers, for a command that speaks to one while everybody
 * waits (MIGRATE): requests out, replies of one line in, no wait without an end.
 *
 * Knows no sockets: a transport, which server/net brings, connects, sends and receives. Requests
 * are written as replies are (protocol/resp_write) and go out in parts of PEER_PART; each part, and
 * each reply, has the link's timeout to itself, so that only a peer that stands still is late.
 *
 * A link that is given back in step with its peer (all sent, each reply read) is kept for ten
 * seconds, at most PEER_KEPT of them, the one that rested longest goes first. A kept link whose
 * peer has closed, or has said what nobody asked for, is not used again.
 *
 * Errors of all calls: ERR_AGAIN the time was over, ERR_IO the connection broke, ERR_CORRUPT the
 * peer says what is no reply of one line. Such a link can only be closed. */
#ifndef EBB_SERVER_CORE_PEER_LINK_H
#define EBB_SERVER_CORE_PEER_LINK_H

#include <stdint.h>
#include <sys/uio.h>

#include "protocol/reply_buf.h"
#include "protocol/resp_read.h"
#include "storage/base/err.h"

typedef struct server server;
typedef struct peerLink peerLink;

enum { PEER_KEPT = 64, PEER_PART = 64 * 1024, PEER_LINE = 4096, PEER_HOST = 256 };

/* What carries the bytes. Each call waits 'timeout_ms' at most; 0: not at all. */
typedef struct peerTransport {
    /* A handle, or a negative ERR_*; ERR_NOT_FOUND: no way leads there (no such host). */
    int (*connect)(void *ctx, const char *host, int port, int64_t timeout_ms);
    /* How many bytes of 'parts' were taken, at least one; or a negative ERR_*. */
    int64_t (*send)(void *ctx, int handle, const struct iovec *parts, int count,
                    int64_t timeout_ms);
    /* How many came, at least one; or a negative ERR_*: ERR_IO also where the peer has closed. */
    int64_t (*receive)(void *ctx, int handle, void *to, size_t room, int64_t timeout_ms);
    void (*close)(void *ctx, int handle);
    void *ctx;
} peerTransport;

/* Makes s->peers. Until a transport is given no way leads anywhere. */
void peerLinksAttach(server *s);
/* Closes what is kept. */
void peerLinksDetach(server *s);
/* Closes what is kept by the old one. NULL: none from now on. */
void peerLinksCarryBy(server *s, const peerTransport *transport);
/* Those kept for the next command. */
size_t peerLinksKept(const server *s);

/* A link to 'host', a kept one where there is one. Besides the usual errors ERR_NOT_FOUND. The
 * caller gives it back (peerLinkKeep) or closes it. */
int MUST_USE peerLinkOpen(server *s, bytes host, int64_t port, int64_t timeout_ms, peerLink **out);
/* True if it served a command before: its peer may have closed it meanwhile without any fault. */
bool peerLinkWasKept(const peerLink *l);
void peerLinkKeep(peerLink *l);
void peerLinkClose(peerLink *l);

/* The db that is selected there, as the caller noted it; -1: not known. */
int64_t peerLinkDb(const peerLink *l);
void peerLinkSetDb(peerLink *l, int64_t number);

/* Where requests are written. */
replyBuf *peerLinkOut(peerLink *l);
/* Sends all that was written. */
int MUST_USE peerLinkFlush(peerLink *l);
/* The same once there is a part of it. */
int MUST_USE peerLinkFlushParts(peerLink *l);
/* The next reply: REPLY_SIMPLE or REPLY_ERROR, nothing else. Its text is good until the next call.
 */
int MUST_USE peerLinkReply(peerLink *l, respItem *reply);

#endif
