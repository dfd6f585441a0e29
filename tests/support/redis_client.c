#include "tests/support/redis_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct timeval deadline = {.tv_sec = 10};

redisContext *clientConnect(const serverProcess *server) {
    redisContext *c = redisConnectWithTimeout("127.0.0.1", serverPort(server), deadline);
    ck_assert_ptr_nonnull(c);
    ck_assert_msg(!c->err, "cannot connect: %s", c->errstr);
    redisSetTimeout(c, deadline);
    return c;
}

static redisReply *commandOf(redisContext *c, const char *format, va_list arguments) {
    redisReply *reply = redisvCommand(c, format, arguments);
    ck_assert_msg(reply != NULL, "no reply to '%s': %s", format, c->errstr);
    return reply;
}

redisReply *clientCommand(redisContext *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = commandOf(c, format, arguments);
    va_end(arguments);
    return reply;
}

redisReply *clientNextReply(redisContext *c) {
    void *reply = NULL;
    ck_assert_msg(redisGetReply(c, &reply) == REDIS_OK, "no further reply: %s", c->errstr);
    return reply;
}

/* Fails unless the reply is of the type and, where 'text' is given, holds it. */
static void checkReply(const char *format, redisReply *reply, int type, const char *text) {
    bool has_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ||
                    reply->type == REDIS_REPLY_ERROR;
    ck_assert_msg(reply->type == type, "'%s' replied with type %d instead of %d: %s", format,
                  reply->type, type, has_text ? reply->str : "");
    if (text) {
        ck_assert_msg(reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0,
                      "'%s' replied '%s', expected '%s'", format, reply->str, text);
    }
}

#define EXPECT(type, text)                                                                         \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    redisReply *reply = commandOf(c, format, arguments);                                           \
    va_end(arguments);                                                                             \
    checkReply(format, reply, type, text)

void expectStatus(redisContext *c, const char *status, const char *format, ...) {
    EXPECT(REDIS_REPLY_STATUS, status);
    freeReplyObject(reply);
}

void expectInteger(redisContext *c, int64_t integer, const char *format, ...) {
    EXPECT(REDIS_REPLY_INTEGER, NULL);
    ck_assert_msg(reply->integer == integer, "'%s' replied %lld, expected %lld", format,
                  reply->integer, (long long)integer);
    freeReplyObject(reply);
}

void expectText(redisContext *c, const char *text, const char *format, ...) {
    EXPECT(REDIS_REPLY_STRING, text);
    freeReplyObject(reply);
}

void expectNil(redisContext *c, const char *format, ...) {
    EXPECT(REDIS_REPLY_NIL, NULL);
    freeReplyObject(reply);
}

void expectError(redisContext *c, const char *error, const char *format, ...) {
    EXPECT(REDIS_REPLY_ERROR, error);
    freeReplyObject(reply);
}

int rawConnect(const serverProcess *server) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)serverPort(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void rawSend(int fd, const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
        ck_assert_msg(n > 0, "cannot send: %s", strerror(errno));
        at += n;
        size -= (size_t)n;
    }
}

void rawExpect(int fd, const char *wanted) {
    size_t size = strlen(wanted);
    size_t have = 0;
    char *got = calloc(1, size + 1);
    while (have < size) {
        ssize_t n = recv(fd, got + have, size - have, 0);
        ck_assert_msg(n > 0, "expected '%s', got only '%s'", wanted, got);
        have += (size_t)n;
    }
    ck_assert_str_eq(got, wanted);
    free(got);
}

void rawExpectClosed(int fd) {
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    /* A reset is a close too: the server may have had unread bytes. */
    ck_assert_msg(n == 0 || (n < 0 && errno == ECONNRESET), "the connection is still open");
}
