/* redis_client.h - a client for integration tests: hiredis, and a bare socket for what hiredis
 * would never send.
 *
 * Each expect...() sends one command in printf form (hiredis' %s and %b) and fails the running
 * Check test if the reply is not the one expected. Every wait has a deadline of ten seconds. */
#ifndef EBB_TESTS_SUPPORT_REDIS_CLIENT_H
#define EBB_TESTS_SUPPORT_REDIS_CLIENT_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/server_process.h"

/* A connected client; redisFree() ends it. */
redisContext *clientConnect(const serverProcess *server);

/* The reply of a command, never NULL; freeReplyObject() ends it. */
redisReply *clientCommand(redisContext *c, const char *format, ...);

/* The next reply of what was sent by redisAppendCommand(), never NULL. */
redisReply *clientNextReply(redisContext *c);

void expectStatus(redisContext *c, const char *status, const char *format, ...);
void expectInteger(redisContext *c, int64_t integer, const char *format, ...);
void expectText(redisContext *c, const char *text, const char *format, ...);
void expectNil(redisContext *c, const char *format, ...);

/* The whole error text, without the leading '-'. */
void expectError(redisContext *c, const char *error, const char *format, ...);

/* A connected socket; close() ends it. */
int rawConnect(const serverProcess *server);

void rawSend(int fd, const void *data, size_t size);

/* Fails unless exactly 'wanted' comes next. */
void rawExpect(int fd, const char *wanted);

/* Fails unless the peer closes without a further byte. */
void rawExpectClosed(int fd);

#endif
