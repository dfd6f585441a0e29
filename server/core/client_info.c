#include <stdio.h>

#include "server/core/client.h"
#include "server/core/server.h"

size_t clientDescribe(const client *c, char *out, size_t room) {
    int size =
        snprintf(out, room, "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld",
                 (unsigned long long)c->id, c->peer ? c->peer : "", c->local ? c->local : "", c->fd,
                 c->name ? c->name : "", (long long)(c->server->now_ms - c->created_ms) / 1000);
    return size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
}
