/* check_aof.c - see check_aof.h. Texts are those that operators and their scripts know. */
#include "server/check_aof.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/check_rdb.h"
#include "storage/base/file_ops.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/persist/aof_load.h"
#include "storage/persist/aof_manifest.h"
#include "storage/persist/rdb_load.h"

static const char program[] = "ebb-check-aof", option[] = "--check-aof";

typedef struct checkOptions {
    bool fix;
    bool by_time;
    int64_t until_s;
} checkOptions;

/* A file that is looked at. */
typedef struct checked {
    const checkOptions *options;
    const char *path; /* as it is opened */
    const char *name; /* as it is called */
    const char *kind; /* "", "BASE " or "INCR " */
    bool is_last;
    int fd;
    uint64_t size;
    uint64_t valid; /* bytes that can stay */
    uint64_t line;
    bool cut_by_time; /* 'valid' is where the time comes */
} checked;

static int64_t readFd(void *ctx, void *to, size_t room) {
    return read(*(int *)ctx, to, room);
}

/* A base in RDB form: true if it is whole; 'valid' is behind it then. */
static bool checkPreamble(checked *f) {
    bool good = checkRdbPart(f->fd, f->size, f->name, &f->valid) &&
                lseek(f->fd, (off_t)f->valid, SEEK_SET) >= 0;
    puts(good ? "RDB preamble is OK, proceeding with AOF tail..."
              : "RDB preamble of AOF file is not sane, aborting.");
    return good;
}

/* ---- records ---- */

static bool isVerb(const aofReader *r, const char *verb) {
    return r->argc > 0 && bytesEqualWord(r->argv[0], verb);
}

/* Says what is wrong, as the item that ended the walk has it. */
static void sayWrong(const checked *f, const aofReader *r, aofItem item, bool in_unit) {
    if (item == AOF_END && in_unit) {
        printf("0x%16llx: Reached EOF before reading EXEC for MULTI\n",
               (unsigned long long)r->error_at);
    } else if (item == AOF_UNREADABLE) {
        printf("Cannot read file: %s\n", f->name);
    } else if (r->is_foreign) {
        printf("AOF %s format error\n", f->name);
    } else if (item != AOF_END) {
        printf("0x%16llx: %s\n", (unsigned long long)r->error_at, r->error);
    }
}

/* False if MULTI or EXEC stands where it cannot. */
static bool followUnit(const checked *f, const aofReader *r, bool *in_unit) {
    bool begins = isVerb(r, "multi"), ends = isVerb(r, "exec");
    if ((begins && *in_unit) || (ends && !*in_unit)) {
        printf("0x%16llx: Unexpected %s in AOF %s\n", (unsigned long long)r->error_at,
               begins ? "MULTI" : "EXEC", f->name);
        return false;
    }
    *in_unit = (*in_unit || begins) && !ends;
    return true;
}

/* Goes over the records from where the file stands. False if it ends before its end. */
static bool checkRecords(checked *f) {
    aofReader r;
    aofReaderInit(&r, readFd, &f->fd, f->valid, f->size - f->valid);
    bool in_unit = false, good = true;
    aofItem item;
    int64_t time_s;
    while ((item = aofRead(&r)) == AOF_RECORD || item == AOF_NOTE) {
        if (item == AOF_RECORD && !followUnit(f, &r, &in_unit)) {
            good = false;
            break;
        }
        bool is_late = f->options->by_time && item == AOF_NOTE && aofNoteTime(r.raw, &time_s) &&
                       time_s > f->options->until_s;
        if (is_late) {
            f->cut_by_time = true;
            break;
        }
        if (!in_unit) f->valid = r.next;
    }
    bool to_the_end = item == AOF_END && !in_unit;
    if (good && !f->cut_by_time && !to_the_end) sayWrong(f, &r, item, in_unit);
    f->line = r.line;
    aofReaderClear(&r);
    return good && (to_the_end || f->cut_by_time);
}

/* ---- what comes of it ---- */

static bool cutAtTime(const checked *f) {
    long long until_s = (long long)f->options->until_s, valid = (long long)f->valid;
    if (f->valid == 0) {
        printf("AOF %s has nothing before timestamp %lld, aborting...\n", f->path, until_s);
        return false;
    }
    if (!f->is_last) {
        printf("Failed to truncate AOF %s to timestamp %lld to offset %lld because it is not the "
               "last file.\nIf you insist, please delete all files after this file according to "
               "the manifest file and delete the corresponding records in manifest file manually. "
               "Then re-run ebb-check-aof.\n",
               f->path, until_s, valid);
        return false;
    }
    if (ftruncate(f->fd, (off_t)f->valid) < 0 || fsync(f->fd) < 0) {
        printf("Failed to truncate AOF %s to timestamp %lld\n", f->name, until_s);
        return false;
    }
    printf("Successfully truncated AOF %s to timestamp %lld\n", f->name, until_s);
    return true;
}

static bool mayShrink(void) {
    char answer[16];
    printf("Continue? [y/N]: ");
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y')) return true;
    printf("Aborting...\n");
    return false;
}

static bool cutBadEnd(const checked *f) {
    unsigned long long size = f->size, valid = f->valid;
    if (!f->options->fix) {
        printf("AOF %s is not valid. Use the --fix option to try fixing it.\n", f->name);
        return false;
    }
    if (!f->is_last) {
        printf("Failed to truncate AOF %s because it is not the last file\n", f->name);
        return false;
    }
    printf("This will shrink the AOF %s from %llu bytes, with %llu bytes, to %llu bytes\n", f->name,
           size, size - valid, valid);
    if (!mayShrink()) return false;
    if (ftruncate(f->fd, (off_t)f->valid) < 0 || fsync(f->fd) < 0) {
        printf("Failed to truncate AOF %s\n", f->name);
        return false;
    }
    printf("Successfully truncated AOF %s\n", f->name);
    return true;
}

static bool judge(checked *f, bool has_preamble) {
    if (has_preamble && !checkPreamble(f)) return false;
    bool good = checkRecords(f);
    if (f->cut_by_time) return cutAtTime(f);
    if (f->options->by_time && good) {
        printf("Truncate nothing in AOF %s to timestamp %lld\n", f->name,
               (long long)f->options->until_s);
    } else {
        printf("AOF analyzed: filename=%s, size=%llu, ok_up_to=%llu, ok_up_to_line=%llu, "
               "diff=%llu\n",
               f->name, (unsigned long long)f->size, (unsigned long long)f->valid,
               (unsigned long long)f->line, (unsigned long long)(f->size - f->valid));
    }
    if (!good) return cutBadEnd(f);
    printf("%sAOF %s is valid\n", f->kind, f->name);
    return true;
}

/* True if the file 'fd' begins as an RDB file; it is read from its start again. */
static bool beginsAsRdb(int fd) {
    char start[5];
    ssize_t got = pread(fd, start, sizeof start, 0);
    return got == (ssize_t)sizeof start && rdbIsMagic(bytesOf(start, sizeof start));
}

static bool checkFile(checked *f) {
    struct stat st;
    f->fd = open(f->path, O_RDWR | O_CLOEXEC);
    if (f->fd < 0 && (errno == EACCES || errno == EROFS))
        f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &st) < 0) {
        printf("Cannot open file %s: %s, aborting...\n", f->path, strerror(errno));
        if (f->fd >= 0) close(f->fd);
        return false;
    }
    bool good = true;
    f->size = (uint64_t)st.st_size;
    if (f->size == 0)
        printf("%sAOF %s is empty\n", f->kind, f->name);
    else
        good = judge(f, beginsAsRdb(f->fd));
    close(f->fd);
    return good;
}

/* ---- a log of several files ---- */

static char *inFolderOf(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) : 1;
    size_t room = (size_t)folder + strlen(name) + 2;
    char *whole = memAlloc(room);
    snprintf(whole, room, "%.*s/%s", folder, slash ? path : ".", name);
    return whole;
}

static bool checkPart(const checkOptions *o, const char *manifest, const aofFile *part,
                      bool is_last) {
    char *path = inFolderOf(manifest, part->name);
    checked f = {.options = o,
                 .path = path,
                 .name = part->name,
                 .kind = part->type == AOF_FILE_BASE ? "BASE " : "INCR ",
                 .is_last = is_last};
    bool good = checkFile(&f);
    memFree(path);
    return good;
}

static bool isRdbBase(const char *manifest, const char *name) {
    char *path = inFolderOf(manifest, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_rdb = fd >= 0 && beginsAsRdb(fd);
    if (fd >= 0) close(fd);
    memFree(path);
    return is_rdb;
}

static bool checkParts(const checkOptions *o, const char *manifest, const aofManifest *m) {
    if (m->base.name) {
        printf("Start to check BASE AOF (%s format).\n",
               isRdbBase(manifest, m->base.name) ? "RDB" : "RESP");
        if (!checkPart(o, manifest, &m->base, m->incrs.count == 0)) return false;
    }
    if (m->incrs.count) printf("Start to check INCR files.\n");
    for (size_t i = 0; i < m->incrs.count; i++)
        if (!checkPart(o, manifest, &m->incrs.items[i], i + 1 == m->incrs.count)) return false;
    printf("All AOF files and manifest are valid\n");
    return true;
}

static bool checkManifest(const checkOptions *o, const char *path) {
    aofManifest m;
    aofManifestError e;
    printf("Start checking Multi Part AOF\n");
    int err = aofManifestRead(fileOpsSystem(), path, &m, &e);
    if (err == ERR_CORRUPT) {
        printf("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        printf("Reading the manifest file, at line %zu\n>>> '%s'\n%s\n", e.line, e.shown, e.text);
    } else if (err < 0) {
        printf("Cannot open file %s: %s\n", path, strerror(errno));
    }
    if (err < 0) return false;
    bool good = checkParts(o, path, &m);
    aofManifestClear(&m);
    return good;
}

static bool checkSingle(const checkOptions *o, const char *path) {
    const char *slash = strrchr(path, '/');
    checked f = {
        .options = o, .path = path, .name = slash ? slash + 1 : path, .kind = "", .is_last = true};
    printf("Start checking Old-Style AOF\n");
    return checkFile(&f);
}

/* What the first line that is neither a note nor empty begins with tells: 1 a manifest, 0 none, -1
 * with errno if it cannot be read. */
static int isManifest(const char *path) {
    char line[1024];
    FILE *in = fopen(path, "re");
    if (!in) return -1;
    int found = 0;
    while (fgets(line, sizeof line, in)) {
        if (line[0] == '#' || line[0] == '\n') continue;
        found = strncmp(line, "file", 4) == 0;
        break;
    }
    if (ferror(in)) found = -1;
    int failure = errno;
    fclose(in);
    errno = failure;
    return found;
}

/* ---- the program ---- */

bool checkAofIsAsked(int argc, char *const *argv) {
    if (argc > 1 && !strcmp(argv[1], option)) return true;
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argc ? argv[0] : "";
    return strstr(name, "check-aof") != NULL;
}

static bool readOptions(int argc, char *const *argv, checkOptions *o) {
    if (argc == 3 && !strcmp(argv[1], "--fix")) {
        o->fix = true;
    } else if (argc == 4 && !strcmp(argv[1], "--truncate-to-timestamp")) {
        o->by_time = true;
        if (!numParseInt(bytesOfText(argv[2]), &o->until_s)) {
            printf("Invalid timestamp, aborting...\n");
            return false;
        }
    } else if (argc != 2) {
        printf("Usage: %s [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n",
               program);
        return false;
    }
    return true;
}

int checkAof(int argc, char *const *argv) {
    checkOptions options = {0};
    if (argc > 1 && !strcmp(argv[1], option)) {
        argc--;
        argv++;
    }
    if (!readOptions(argc, argv, &options)) return 1;
    const char *path = argv[argc - 1];
    int is_manifest = isManifest(path);
    if (is_manifest < 0) {
        printf("Cannot open file %s: %s\n", path, strerror(errno));
        return 1;
    }
    return !(is_manifest ? checkManifest(&options, path) : checkSingle(&options, path));
}
