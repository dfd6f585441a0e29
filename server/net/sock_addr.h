/* sock_addr.h - socket addresses as text: "127.0.0.1:6379", "[::1]:6379", "/run/ebb.sock:0". */
#ifndef EBB_SERVER_NET_SOCK_ADDR_H
#define EBB_SERVER_NET_SOCK_ADDR_H

#include <stdbool.h>
#include <sys/socket.h>

enum { SOCK_ADDR_TEXT = 160 };

/* 'unix_path' stands in for a unix socket's address. */
void sockAddrFormat(const struct sockaddr *addr, char out[SOCK_ADDR_TEXT], const char *unix_path);
void sockAddrLocal(int fd, char out[SOCK_ADDR_TEXT], const char *unix_path);
bool sockAddrIsLoopback(const struct sockaddr *addr);

#endif
