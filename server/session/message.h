/* message.h - a push that many clients get: encoded once for each protocol, however many they are.
 * A big one is one piece of memory that all of their outputs refer to. */
#ifndef EBB_SERVER_SESSION_MESSAGE_H
#define EBB_SERVER_SESSION_MESSAGE_H

#include "server/core/server.h"
#include "storage/types/blob.h"

enum { MESSAGE_PARTS = 4 };

/* What a client of one protocol is sent. */
typedef struct messageForm {
    bytes encoded; /* data NULL: nobody needed it so far */
    replyBuf text; /* where it lies, */
    blob *shared;  /* or here */
} messageForm;

typedef struct message {
    replyPool *pool;
    bytes parts[MESSAGE_PARTS];
    int count;
    messageForm forms[2]; /* of RESP2 and RESP3 */
} message;

/* Of 'count' bulk strings, which are borrowed until the end. */
message messageBegin(server *s, const bytes *parts, int count);
/* Behind what waits for the client already, and behind the reply of the one whose command runs. */
void messageSend(message *m, client *to);
void messageEnd(message *m);

#endif
