/* Documentation of the commands of transactions. */
#include "server/commands/docs/docs_internal.h"

const commandDoc docsTransactions[] = {
    {.name = "discard",
     .since = "2.0.0",
     .complexity = "O(N), when N is the number of queued commands",
     .summary = "Drops the queued commands of a transaction."},
    {.name = "exec",
     .since = "1.2.0",
     .complexity = "Depends on commands in the transaction",
     .summary = "Runs the queued commands of a transaction as one."},
    {.name = "multi",
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins a transaction: commands wait for EXEC from now on."},
    {.name = "unwatch",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Forgets the keys that were watched."},
    {.name = "watch",
     .since = "2.2.0",
     .complexity = "O(1) for every key.",
     .summary = "Lets the next EXEC fail if one of the keys is changed before it.",
     .arguments = ARGUMENTS(KEY("key", MULTIPLE))},
    {0},
};
