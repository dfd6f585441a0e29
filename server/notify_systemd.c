#include "server/notify_systemd.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool notifySystemd(const char *lines) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@')) return false;
    size_t size = strlen(path);
    if (size >= sizeof addr.sun_path) return false;
    memcpy(addr.sun_path, path, size);
    if (path[0] == '@') addr.sun_path[0] = '\0'; /* an abstract name begins with a zero byte */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    socklen_t addr_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    ssize_t sent =
        sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&addr, addr_size);
    close(fd);
    return sent == (ssize_t)strlen(lines);
}
