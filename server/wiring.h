/* wiring.h - one server put together: every table of every floor filled. */
#ifndef EBB_SERVER_WIRING_H
#define EBB_SERVER_WIRING_H

#include "server/core/server.h"

/* A whole server without sockets: what tests feed with bytes and main() gives a net. */
server *wiringNewServer(const config *cfg, const clockSource *clock);
void wiringFreeServer(server *s);

#endif
