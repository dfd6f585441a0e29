#include "server/core/config.h"

#include "storage/base/mem.h"

void configInit(config *c) {
    *c = (config){.port = 6379,
                  .binds = {memText("*"), memText("-::*")},
                  .bind_count = 2,
                  .tcp_backlog = 511,
                  .tcp_keepalive = 300,
                  .maxclients = 10000,
                  .max_new_connections_per_cycle = 10,
                  .protected_mode = true,
                  .proto_max_bulk_len = 512 * 1024 * 1024,
                  .client_query_buffer_limit = 1024 * 1024 * 1024,
                  .databases = 16,
                  .hz = 10};
}

void configClear(config *c) {
    for (int i = 0; i < c->bind_count; i++) memFree(c->binds[i]);
}
