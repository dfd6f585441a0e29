/* log.h - the log: one line an event, in the format that tools of this field parse:
 *     pid:role DD Mon YYYY HH:MM:SS.mmm <level> text        (level: . debug - verbose * notice #
 * warning)
 *
 * One log a process: several servers in a test process share it. Goes to a file (reopened for each
 * line, so that logrotate needs nothing), to standard output where the file is "", and to syslog.
 */
#ifndef EBB_STORAGE_BASE_LOG_H
#define EBB_STORAGE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

typedef enum logLevel { LOG_DEBUG_, LOG_VERBOSE, LOG_NOTICE, LOG_WARN, LOG_NOTHING } logLevel;
#define LOG_RAW 0x400 /* or-ed to a level: the text alone, no header */

/* Text is the form that tools for Redis parse; see log_format.h for the others. Raw lines are the
 * same in all. */
typedef enum logFormat { LOG_TEXT, LOG_LOGFMT, LOG_JSON } logFormat;

typedef struct logSettings {
    logLevel level;
    logFormat format;
    const char *file; /* "" for standard output; borrowed until the next logConfigure */
    bool use_syslog;
    const char *syslog_ident;
    int syslog_facility;
    char role; /* M primary, S replica, C child, X sentinel */
} logSettings;

/* Takes effect at once. Returns 0 or ERR_IO where the file cannot be opened (errno tells). */
int logConfigure(const logSettings *settings);
void logSetRole(char role);

bool logEnabled(int level);
/* Text over 1 KB is cut; line ends in it become spaces, so that no client's text can forge a line
 * (a raw one keeps them, and gets none added). */
void logLine(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Only async-signal-safe calls: for the crash report. */
void logFromSignal(int level, const char *text);
/* A file descriptor of the log for the crash report; the caller closes it with logCloseFd(). */
int logOpenFd(void);
void logCloseFd(int fd);

#endif
