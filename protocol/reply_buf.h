/* reply_buf.h - output that waits for a socket: chunks of a pool, and references to big values.
 *
 * An empty one owns nothing. Appending takes chunks from the pool; consuming gives them back. Big
 * values are not copied: a reference keeps them alive until they are written. Knows no sockets: the
 * connection asks for iovecs and says how much of them went out. */
#ifndef EBB_PROTOCOL_REPLY_BUF_H
#define EBB_PROTOCOL_REPLY_BUF_H

#include <sys/uio.h>

#include "storage/base/bytes.h"

typedef struct replyChunk replyChunk; /* defined in reply_buf.c */

/* Free chunks shared by all buffers of a server. */
typedef struct replyPool {
    replyChunk *free_chunks;
    size_t free_count;
    size_t chunk_bytes; /* all chunks in use or free, and big ones */
} replyPool;
void replyPoolInit(replyPool *pool);
/* Frees chunks over 'keep'; all with 0. */
void replyPoolTrim(replyPool *pool, size_t keep);

typedef struct replyBuf {
    char *next, *limit; /* room in the last chunk; both NULL where there is none */
    replyChunk *first, *last;
    replyPool *pool;
    size_t size;   /* bytes waiting in closed chunks and references; see replyBufSize */
    size_t memory; /* see replyBufMemory */
} replyBuf;

void replyBufInit(replyBuf *b, replyPool *pool);
/* Gives everything back, releasing references. */
void replyBufClear(replyBuf *b);

/* Bytes waiting to be written. */
size_t replyBufSize(const replyBuf *b);
/* What it holds: chunks, and the bytes of referenced values (client memory, output limits). */
size_t replyBufMemory(const replyBuf *b);

/* Room for 'size' contiguous bytes (at most REPLY_RESERVE_MAX); commit what was used of it. A
 * chunk is 16 KB with its header. */
enum { REPLY_CHUNK = 16 * 1024, REPLY_RESERVE_MAX = 4096, REPLY_REFERENCE_MIN = 16 * 1024 };
char *replyBufMoreRoom(replyBuf *b, size_t size); /* the slow path of replyBufReserve */
static inline char *replyBufReserve(replyBuf *b, size_t size) {
    if (__builtin_expect((size_t)(b->limit - b->next) >= size, 1)) return b->next;
    return replyBufMoreRoom(b, size);
}
static inline void replyBufCommit(replyBuf *b, size_t size) {
    b->next += size;
}
void replyBufAppend(replyBuf *b, const void *data, size_t size);

/* Appends 'value' by reference; release(owner) is called once it is written or dropped, and must
 * not touch the buffer. */
void replyBufReference(replyBuf *b, bytes value, void (*release)(void *owner), void *owner);

/* A place for a length that is known only later (an array header): open it, append the elements,
 * fill it with at most 32 bytes of text. Nested ones are allowed; fill each exactly once, inner
 * ones first, before anything is consumed or moved. Filling shifts what follows in the same chunk
 * (16 KB at most), so a mark taken behind a hole is void once that is filled. */
enum { REPLY_HOLE = 32 };
typedef struct replyHole {
    replyChunk *chunk;
    size_t offset; /* in the chunk */
} replyHole;
replyHole replyBufOpenHole(replyBuf *b);
void replyBufFillHole(replyBuf *b, replyHole hole, bytes text);

/* Moves all that waits in 'from' behind what waits in 'to'; both have the same pool. */
void replyBufMove(replyBuf *to, replyBuf *from);
/* Forgets what was appended after the mark: for replies that turn into an error or into silence
 * (CLIENT REPLY OFF). Nothing may have been consumed since. */
typedef struct replyMark {
    replyChunk *last;
    char *next;
    size_t size;
} replyMark;
replyMark replyBufMark(const replyBuf *b);
void replyBufRewind(replyBuf *b, replyMark mark);

/* Up to 'max' iovecs of what waits, at most 'max_bytes'; the number of them. */
int replyBufPeek(const replyBuf *b, struct iovec *iov, int max, size_t max_bytes);
/* 'size' bytes of it were written. */
void replyBufConsume(replyBuf *b, size_t size);

#endif
