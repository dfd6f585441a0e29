/* fake_peer.h - the far end of links to other servers (server/core/peer_link.h) without sockets: a
 * script of what it says, or a second fake server. */
#ifndef EBB_TESTS_SUPPORT_FAKE_PEER_H
#define EBB_TESTS_SUPPORT_FAKE_PEER_H

#include "server/core/peer_link.h"
#include "tests/support/fake_server.h"

enum { PEER_SCRIPTS = 8 };

typedef struct fakePeer {
    peerTransport transport;
    fakeServer *of;     /* who links */
    fakeServer *target; /* who answers; NULL: the scripts do */
    client *caller;     /* there */
    const char *scripts[PEER_SCRIPTS], *rest, *part_end;
    int connects;     /* so many were asked for */
    int open;         /* of the handles given, those that are not closed */
    int error;        /* what the next connect gives; 0: a handle */
    int port;         /* of the last one */
    size_t most;      /* bytes that a call sends or receives */
    size_t room;      /* bytes that are taken until none are any more */
    int64_t delay_ms; /* that each part received takes, by the clock of 'of' */
    char *sent, *came;
    size_t sent_size, came_size;
} fakePeer;

/* Carries the links of 'of'. */
fakePeer *fakePeerNew(fakeServer *of);
/* After the server of 'of'. */
void fakePeerFree(fakePeer *p);

/* What the next connection says that has no script yet: '|' is a line's end, what stands behind '/'
 * is said after one more call that sends, '!' closes. At its end nothing more comes. */
void fakePeerSays(fakePeer *p, const char *script);
/* 'target' answers from now on. */
void fakePeerIs(fakePeer *p, fakeServer *target);

/* The requests sent since the last call, "SELECT 3;RESTORE a 0 #13;": words of other than printable
 * bytes by their size. Good until the next call. */
const char *fakePeerSent(fakePeer *p);

#endif
