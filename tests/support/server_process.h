/* server_process.h - a server of one's own for a test: started, answering, stopped, cleaned up.
 *
 * Runs the binary under test (EBB_BINARY of the environment, else the one of this build) or the
 * oracle (EBB_ORACLE, else redis-server) on a free private port of 127.0.0.1, in a temporary
 * folder, without persistence unless the options ask for it. Knows nothing of commands but PING.
 *
 * What fails here fails the running Check test. A server dies with the test process that started
 * it, so a test that fails in the middle leaves none behind. */
#ifndef EBB_TESTS_SUPPORT_SERVER_PROCESS_H
#define EBB_TESTS_SUPPORT_SERVER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct serverProcess serverProcess;

/* Starts the server under test and returns when it answers PING. 'options' are further arguments,
 * closed by NULL ("--maxclients", "10", NULL), or NULL for none. */
serverProcess *serverStart(const char *const *options);

/* The same with the oracle. */
serverProcess *serverStartOracle(const char *const *options);

/* Ends it with SIGTERM, after ten seconds with SIGKILL, and removes its folder. Fails the test and
 * prints the server's log unless it ended by itself with exit code 0: that is where reports of
 * sanitizers come out. */
void serverStop(serverProcess *server);

/* Cleans up a server that has ended; fails the test unless the signal 'number' ended it. */
void serverExpectSignal(serverProcess *server, int number);

/* Kills it with SIGKILL, as a power failure would, and leaves the folder for a serverRestart(). */
void serverKill(serverProcess *server);

/* Starts a killed server again, in the same folder with the same options, on a port of its own. */
void serverRestart(serverProcess *server);

/* The same on the port that it had: fails the test unless that can be had at once. */
void serverRestartThere(serverProcess *server);

int serverPort(const serverProcess *server);
pid_t serverPid(const serverProcess *server);

/* Its temporary folder, borrowed: where it runs and where its log lies as 'log'. */
const char *serverFolder(const serverProcess *server);

/* True once the server has ended by itself; waits for that at most 'deadline_ms'. */
bool serverHasEnded(serverProcess *server, int deadline_ms);

#endif
