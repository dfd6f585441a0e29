/* notify_systemd.h - what a supervisor wants to hear: the sd_notify protocol, without its library.
 *
 * A datagram of lines ("READY=1", "STATUS=...") to the socket that NOTIFY_SOCKET names. */
#ifndef EBB_SERVER_NOTIFY_SYSTEMD_H
#define EBB_SERVER_NOTIFY_SYSTEMD_H

#include <stdbool.h>

/* True if it was sent. False without NOTIFY_SOCKET, or where the supervisor does not listen. */
bool notifySystemd(const char *lines);

#endif
