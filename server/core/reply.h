/* reply.h - what handlers say: replies in the client's protocol, with its CLIENT REPLY mode.
 *
 * Texts are exactly those clients know. An error reply counts in the error statistics under its
 * first word. */
#ifndef EBB_SERVER_CORE_REPLY_H
#define EBB_SERVER_CORE_REPLY_H

#include <stdint.h>

#include "protocol/resp_write.h"
#include "server/core/client.h"
#include "storage/types/entry.h"

void replyOk(client *c);
void replySimple(client *c, const char *text);
void replySimpleBytes(client *c, bytes text); /* no line breaks in it */
/* 'text' begins with its code: "ERR syntax error". */
void replyError(client *c, const char *text);
/* As replyError, of an error that has been counted before: the call that replies it failed, but
 * errorstats knows of it from the command inside. */
void replyErrorTold(client *c, const char *text);
void replyErrorFormat(client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void replyInteger(client *c, int64_t value);
/* The same above what an integer reply can say: then a big number (RESP2: a bulk string). */
void replyUnsigned(client *c, uint64_t value);
void replyBulk(client *c, bytes value);
void replyBulkText(client *c, const char *text);
void replyBulkInteger(client *c, int64_t value); /* a number as a bulk string */
void replyNull(client *c);
void replyNullArray(client *c);
void replyBool(client *c, bool value);
void replyDouble(client *c, double value);
void replyDoubleText(client *c, bytes text); /* as replyDouble, formatted already */
void replyBigNumber(client *c, bytes digits);
void replyVerbatim(client *c, const char *format, bytes text);
void replyArray(client *c, size_t count);
void replyMap(client *c, size_t pairs);
void replySet(client *c, size_t count);
void replyPush(client *c, size_t count);

/* The value of a string entry; big ones go out by reference, not copied. */
void replyString(client *c, const entry *e);

/* What is encoded already; the second keeps a reference, see replyBufReference(). */
void replyRaw(client *c, bytes encoded);
void replyRawReference(client *c, bytes encoded, void (*release)(void *owner), void *owner);

/* An aggregate whose length is known at the end. */
replyHole replyOpen(client *c);
void replyClose(client *c, replyHole hole, respAggregate kind, size_t count);

/* Texts said in many places. */
void replySyntaxError(client *c);
void replyWrongType(client *c);
void replyWrongArity(client *c, const command *cmd);
void replyNotInteger(client *c);
/* HELP of a container: 'lines' ends with NULL; the usual first and last lines are added. */
void replyHelp(client *c, const char *const *lines);
/* An unknown sub-command, or one with the wrong number of arguments. */
void replySubcommandError(client *c);

/* A push or message to a client that may not be the one whose command runs: brackets a sequence of
 * replies so that REPLY OFF does not silence it, and queues the client for the flush. */
void replyPushBegin(client *c);
void replyPushEnd(client *c);

/* Queues the client for the flush of this iteration; replies do it by themselves. */
void replyQueueFlush(client *c);

#endif
