/* peer_socket.h - TCP for links to other servers: a transport of server/core/peer_link.h that waits
 * by itself, beside the loop.
 *
 * Its handles are sockets. The address of a name is asked of the resolver by a thread, which nobody
 * waits for beyond the timeout (a few may be late at a time; more are refused); of several
 * addresses the first that answers is taken. */
#ifndef EBB_SERVER_NET_PEER_SOCKET_H
#define EBB_SERVER_NET_PEER_SOCKET_H

#include "server/core/peer_link.h"

typedef struct peerSockets peerSockets;

peerSockets *peerSocketsNew(void);
void peerSocketsFree(peerSockets *p);
const peerTransport *peerSocketsTransport(const peerSockets *p);

#endif
