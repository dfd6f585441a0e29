/* hotkeys.h - HOTKEYS: which keys take the most time and the most traffic, over a session that
 * somebody starts and stops.
 *
 * While a session runs the observer of the server (dispatch.h) tells each call. Its time and its
 * bytes, the request as RESP and the reply, are split evenly between its keys: all keys together
 * never have more than what was spent. What runs inside of EXEC goes to the keys of each command,
 * what a script calls to those of the script. A call that waits for a key is told when it has been
 * served. With a sample ratio of n each key of a call counts with probability 1/n, unscaled.
 *
 * A session's memory is bounded (top_keys.h): less than 2.5 MB, about 270 KB with names of usual
 * length. Keys of all databases are told by name alone. */
#ifndef EBB_SERVER_OBSERVE_HOTKEYS_H
#define EBB_SERVER_OBSERVE_HOTKEYS_H

#include "server/observe/info.h"
#include "server/observe/top_keys.h"

typedef enum hotkeysMetric { HOTKEYS_CPU, HOTKEYS_NET, HOTKEYS_METRICS } hotkeysMetric;

typedef struct hotkeysOptions {
    bool wanted[HOTKEYS_METRICS];
    int count;            /* keys that GET tells, 1 to TOP_KEYS_MAX */
    int64_t duration_s;   /* it stops by itself then; 0: never. At most HOTKEYS_DURATION_MAX */
    int64_t sample_ratio; /* 1: every key */
} hotkeysOptions;

#define HOTKEYS_DURATION_MAX INT32_MAX

/* Sets s->hotkeys, and what the observer calls. */
void hotkeysAttach(server *s);
void hotkeysDetach(server *s);

bool hotkeysActive(const server *s);
/* Forgets the session before, which must have stopped. */
void hotkeysStart(server *s, const hotkeysOptions *options);
/* The results stay. Nothing where none runs. */
void hotkeysStop(server *s);
/* Forgets the session, which must have stopped. */
void hotkeysReset(server *s);

/* Sums over a session, up to now or to its end. */
typedef struct hotkeysReport {
    hotkeysOptions options;
    bool active;
    int64_t started_ms, duration_ms;
    uint64_t calls_us, calls_bytes; /* of all calls, sampled or not */
    int64_t cpu_user_ms, cpu_system_ms;
    uint64_t net_bytes; /* that this server read and wrote */
} hotkeysReport;

/* False if there is no session, running or stopped. */
bool hotkeysReportOf(const server *s, hotkeysReport *out);
/* As topKeysList(), of a metric that the session has: nanoseconds, bytes. */
int hotkeysList(const server *s, hotkeysMetric metric, topKey *out);
size_t hotkeysBytes(const server *s);

/* The section of INFO: shown by default while there is a session, running or stopped. */
void hotkeysInfo(server *s, infoText *t);

#endif
