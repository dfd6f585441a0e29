/* text_buffer.h - bytes that grow, held by the Lua state: an error anywhere gives them back. */
#ifndef EBB_SERVER_SCRIPT_TEXT_BUFFER_H
#define EBB_SERVER_SCRIPT_TEXT_BUFFER_H

#include "server/script/script_internal.h"

/* The room is a userdata at stack index 'slot', which the buffer keeps; it doubles. */
typedef struct textBuffer {
    lua_State *L;
    char *data;
    size_t size, room;
    int slot;
} textBuffer;

/* Pushes the room. */
void textBufferInit(textBuffer *b, lua_State *L);
/* Room for 'size' more bytes: where they go. Raises an error of Lua where that cannot be had. */
char *textBufferMore(textBuffer *b, size_t size);
static inline char *textBufferReserve(textBuffer *b, size_t size) {
    if (__builtin_expect(b->room - b->size >= size, 1)) return b->data + b->size;
    return textBufferMore(b, size);
}
static inline void textBufferPut(textBuffer *b, char byte) {
    *textBufferReserve(b, 1) = byte;
    b->size++;
}
static inline void textBufferAppend(textBuffer *b, const void *data, size_t size) {
    if (!size) return;
    memcpy(textBufferReserve(b, size), data, size);
    b->size += size;
}
/* Pushes what was put. */
void textBufferPush(const textBuffer *b);

#endif
