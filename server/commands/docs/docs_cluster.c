/* Documentation of the commands of a cluster. */
#include "server/commands/docs/docs_internal.h"

const commandDoc docsCluster[] = {
    {.name = "asking",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Lets the next command reach a slot that is on its way to this node."},
    {.name = "readonly",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Lets this connection read from a replica in a cluster."},
    {.name = "readwrite",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Ends READONLY for this connection."},
    {0},
};
