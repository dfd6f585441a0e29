#include "storage/base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "storage/base/err.h"
#include "storage/base/log_format.h"
#include "storage/base/num.h"

enum { LINE_MAX_BYTES = 1024, HEADER_MAX_BYTES = 96 };

static logSettings settings = {.level = LOG_NOTICE, .file = "", .role = 'M'};

static int openLog(void) {
    if (settings.file[0] == '\0') return STDOUT_FILENO;
    return open(settings.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

int logOpenFd(void) {
    return openLog();
}

void logCloseFd(int fd) {
    if (fd >= 0 && fd != STDOUT_FILENO) close(fd);
}

int logConfigure(const logSettings *wanted) {
    logSettings before = settings;
    settings = *wanted;
    int fd = openLog();
    if (fd < 0) {
        settings = before;
        return ERR_IO;
    }
    logCloseFd(fd);
    if (before.use_syslog) closelog();
    if (settings.use_syslog)
        openlog(settings.syslog_ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, settings.syslog_facility);
    return ERR_OK;
}

void logSetRole(char role) {
    settings.role = role;
}

bool logEnabled(int level) {
    return (level & ~LOG_RAW) >= (int)settings.level && settings.level != LOG_NOTHING;
}

/* A full disk or a closed pipe must not stop the server: what cannot be written is lost. */
static void writeAll(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done <= 0) return;
        data += done;
        size -= (size_t)done;
    }
}

static void put(const char *line, size_t size) {
    int fd = openLog();
    if (fd < 0) return;
    writeAll(fd, line, size);
    logCloseFd(fd);
}

static void putText(int level, const struct timespec *now, bytes text) {
    char line[HEADER_MAX_BYTES + LINE_MAX_BYTES];
    struct tm local;
    char date[40];
    localtime_r(&now->tv_sec, &local);
    strftime(date, sizeof date, "%d %b %Y %H:%M:%S", &local);
    size_t size =
        (size_t)snprintf(line, HEADER_MAX_BYTES, "%d:%c %s.%03d %c ", (int)getpid(), settings.role,
                         date, (int)(now->tv_nsec / 1000000), ".-*#"[level]);
    memcpy(line + size, text.data, text.size);
    size += text.size;
    line[size++] = '\n';
    put(line, size);
}

static void putRecord(int level, const struct timespec *now, bytes text) {
    char line[LOG_FORMAT_ROOM(LINE_MAX_BYTES)];
    put(line, logFormatLine(line, settings.format, level, settings.role, now, text));
}

void logLine(int level, const char *format, ...) {
    if (!logEnabled(level)) return;
    bool raw = level & LOG_RAW;
    level &= ~LOG_RAW;

    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (wanted < 0) return;
    size_t size = (size_t)wanted < sizeof text ? (size_t)wanted : sizeof text - 1;

    if (settings.use_syslog) {
        static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
        syslog(priorities[level], "%s", text);
    }
    if (raw) {
        put(text, size);
        return;
    }
    /* Text from a client must not be able to forge the header of a line of its own. */
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n' || text[i] == '\r') text[i] = ' ';
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (settings.format == LOG_TEXT)
        putText(level, &now, bytesOf(text, size));
    else
        putRecord(level, &now, bytesOf(text, size));
}

void logFromSignal(int level, const char *text) {
    if (!logEnabled(level)) return;
    int fd = openLog();
    if (fd < 0) return;
    if (!(level & LOG_RAW)) {
        /* No calendar here: localtime takes a lock that the interrupted code may hold. */
        char header[2 * NUM_INT_MAX + 24];
        size_t size = numFormatInt(header, getpid());
        memcpy(header + size, ":signal-handler (", 17);
        size += 17;
        size += numFormatInt(header + size, time(NULL));
        memcpy(header + size, ") ", 2);
        writeAll(fd, header, size + 2);
    }
    writeAll(fd, text, strlen(text));
    if (!(level & LOG_RAW)) writeAll(fd, "\n", 1);
    logCloseFd(fd);
}
