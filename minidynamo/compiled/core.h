/* What the files of the compiled core share.

   Its functions stand before pure functions of the package. Each does what is plain; whatever is not - a value that
   must be changed, a wrong type, an error of the service - it leaves to the pure function behind it, which is its
   `self`. So nothing here raises, words or decides anything, and the pure functions stay the truth. */

#ifndef MINIDYNAMO_CORE_H
#define MINIDYNAMO_CORE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* How a walk ends: ODD leaves it to the pure function, FAILED has set a Python error. */
typedef enum { PLAIN, ODD, FAILED } Outcome;

/* Bytes that grow; the first of them lie on the stack of whoever writes. */
typedef struct {
    unsigned char *bytes;
    size_t length, room;
    unsigned char first[1024];
} Buffer;

void buffer_open(Buffer *buffer);
void buffer_close(Buffer *buffer);
int buffer_grow(Buffer *buffer, size_t more); /* 0, or -1 with a MemoryError. */

static inline int buffer_room(Buffer *buffer, size_t more)
{
    return buffer->room - buffer->length >= more ? 0 : buffer_grow(buffer, more);
}

static inline int buffer_add(Buffer *buffer, const void *bytes, size_t length)
{
    if (buffer_room(buffer, length) < 0)
        return -1;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    return 0;
}

/* Limits of the service, told by `limits.py` when the core is loaded. */
typedef struct {
    Py_ssize_t nesting_levels_max, attribute_name_bytes_max, item_size_bytes_max, sort_key_bytes_max;
} Limits;
extern Limits limits;

/* A record is its item's size in three bytes, then the item as msgpack. */
#define RECORD_SIZE_BYTES 3
#define SIZE_MAX_IN_RECORD 0xFFFFFF

/* The type descriptors, as they are compared most quickly: interned. */
enum { TAG_S, TAG_N, TAG_B, TAG_BOOL, TAG_NULL, TAG_M, TAG_L, TAG_SS, TAG_NS, TAG_BS, TAGS };
int tag_of(PyObject *name); /* -1 for what is none. */

/* The bytes of an exact str or bytes; NULL, without an error, for anything else. */
const char *text_of(PyObject *object, Py_ssize_t *length);
const char *binary_of(PyObject *object, Py_ssize_t *length);

/* The size in bytes of a number in canonical text, by the service's rule; 0 where it is not canonical for certain. */
Py_ssize_t number_size(const char *text, Py_ssize_t length);

/* Long work lets other threads have their turn after so many steps. Until it goes on they may do anything: whoever
   calls holds references to what it works on, and looks at sizes anew. 0, or -1 with an error, such as an interrupt. */
#define STEPS_PER_TURN 64
int take_turn(void);

static inline int take_turns(Py_ssize_t step)
{
    return step % STEPS_PER_TURN == STEPS_PER_TURN - 1 ? take_turn() : 0;
}

/* Calls the pure function behind a compiled one. */
PyObject *call_pure(PyObject *pure, PyObject *const *arguments, Py_ssize_t count);

/* A whole number that is an argument; 0, without an error, for anything else. */
int size_of(PyObject *object, Py_ssize_t *size);

/* The functions, by the names of the pure ones. */
#define FUNCTIONS(each)                                                                                               \
    each(checked_item) each(checked_value) each(checked_record) each(edited_record)                                   \
    each(record_item) each(record_items) each(partial_items) each(taken)                                              \
    each(encoded_string) each(encoded_binary) each(encoded_number) each(token) each(plain_key)                        \
    each(body_of) each(usual_request) each(untracked)

#define DECLARED(name) PyObject *name(PyObject *pure, PyObject *const *arguments, Py_ssize_t count);
FUNCTIONS(DECLARED)

#endif
