/* list_commands.h - what the files of the list commands share: cmd_list.c, cmd_list_move.c and
 * cmd_list_block.c. */
#ifndef EBB_SERVER_COMMANDS_LIST_COMMANDS_H
#define EBB_SERVER_COMMANDS_LIST_COMMANDS_H

#include "server/core/client.h"
#include "storage/types/t_list.h"

/* "LEFT" or "RIGHT" as argument 'index'; else a syntax error is replied. */
bool argListEnd(client *c, int index, listEnd *out);

void replyListValue(client *c, listpackValue value);
/* Replies with 'count' elements from 'start' on, in an array. */
void replyListRange(client *c, const entry *e, int64_t start, size_t count, bool backward);

/* keyChanged() for 'parts' elements at once; 0 where they are counted elsewhere. */
void listChanged(client *c, keyRef key, const char *event, size_t parts);
/* Deletes the key of a list that a change empties, or that is to go as a whole instead: that change
 * is counted already. */
void listDelete(client *c, keyRef key, entry *e);

/* Replies with the element at an end and takes it out. */
void listPopOne(client *c, keyRef key, entry *e, listEnd end);
/* The same for up to 'count' elements, in an array. */
void listPopSome(client *c, keyRef key, entry *e, listEnd end, size_t count);
/* Tells the log and the replicas of 'count' elements popped: LPOP key [count]. */
void listPropagatePop(client *c, bytes key, listEnd end, size_t count, bool with_count);

/* ---- cmd_list_move.c: each tries to do what is asked, and says in which way it could ---- */

typedef enum listServed {
    LIST_SERVED,     /* done and replied */
    LIST_NOT_SERVED, /* there is not enough: nothing was replied */
    LIST_REFUSED     /* an error was replied */
} listServed;

/* Pops from the first of 'count' keys at argument 'first' that has elements. The reply is the key
 * and its element, or with 'many' the key and an array of up to that many. */
listServed listServePop(client *c, int first, int count, listEnd end, size_t many);

/* numkeys key [key ...] <LEFT | RIGHT> [COUNT count] */
typedef struct listPopMany {
    int first, keys;
    listEnd end;
    size_t count;
} listPopMany;
bool argPopMany(client *c, int index, listPopMany *out);

typedef struct listMove {
    listEnd from, to;
    size_t count;
    bool is_one;     /* LMOVE: the reply is no array */
    bool exactly;    /* all of 'count' or none */
    bool in_bulk;    /* they keep their order */
    bool ends_given; /* at arguments 3 and 4; else it is RPOPLPUSH, waiting or not */
} listMove;
/* What <LEFT | RIGHT> <LEFT | RIGHT> at argument 3 says: of one element. */
bool argMoveEnds(client *c, listMove *m);
/* And what the rest of the arguments, from 'index' on, says of how many. */
bool argMoveMany(client *c, int index, listMove *m);
/* Moves from the key at argument 1 to that at argument 2. */
listServed listServeMove(client *c, const listMove *m);

#endif
