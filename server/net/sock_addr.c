#include "server/net/sock_addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void sockAddrFormat(const struct sockaddr *addr, char out[SOCK_ADDR_TEXT], const char *unix_path) {
    char host[INET6_ADDRSTRLEN];
    if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)addr;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(out, SOCK_ADDR_TEXT, "%s:%d", host, ntohs(v4->sin_port));
    } else if (addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)addr;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(out, SOCK_ADDR_TEXT, "[%s]:%d", host, ntohs(v6->sin6_port));
    } else {
        snprintf(out, SOCK_ADDR_TEXT, "%s:0", unix_path ? unix_path : "");
    }
}

void sockAddrLocal(int fd, char out[SOCK_ADDR_TEXT], const char *unix_path) {
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    if (getsockname(fd, (struct sockaddr *)&addr, &size) < 0)
        snprintf(out, SOCK_ADDR_TEXT, "?:0");
    else
        sockAddrFormat((struct sockaddr *)&addr, out, unix_path);
}

bool sockAddrIsLoopback(const struct sockaddr *addr) {
    if (addr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)addr;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    if (addr->sa_family != AF_INET6) return true;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)addr;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
}
