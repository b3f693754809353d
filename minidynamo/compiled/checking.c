/* One walk over an item, or a key, that checks, measures and encodes it, as `checked_item` and `packed_record` do. */

#include "core.h"

/* The headers of msgpack: of few in one byte, then of lengths in one, two and four bytes (no length in one: 0). */
typedef struct {
    unsigned char few, few_max, one, two, four;
} Header;
static const Header TEXT = {0xA0, 31, 0xD9, 0xDA, 0xDB}, BINARY = {0, 0, 0xC4, 0xC5, 0xC6},
                    ARRAY = {0x90, 15, 0, 0xDC, 0xDD}, MAP = {0x80, 15, 0, 0xDE, 0xDF};

/* What a walk adds up; `out` is NULL where nothing is to be encoded. */
typedef struct {
    Buffer *out;
    Py_ssize_t size;
} Walk;

static Outcome walk_value(Walk *walk, PyObject *value, Py_ssize_t level);

static Outcome add_header(Walk *walk, const Header *header, Py_ssize_t length)
{
    if (walk->out == NULL)
        return PLAIN;
    unsigned char bytes[5];
    size_t used = 0;
    if (length <= header->few_max && header->few)
        bytes[used++] = header->few | (unsigned char)length;
    else if (length <= 0xFF && header->one) {
        bytes[used++] = header->one;
        bytes[used++] = (unsigned char)length;
    } else {
        int wide = length > 0xFFFF;
        bytes[used++] = wide ? header->four : header->two;
        for (int shift = wide ? 24 : 8; shift >= 0; shift -= 8)
            bytes[used++] = (unsigned char)(length >> shift);
    }
    return buffer_add(walk->out, bytes, used) < 0 ? FAILED : PLAIN;
}

static Outcome add_bytes(Walk *walk, const Header *header, const char *bytes, Py_ssize_t length)
{
    if (length > SIZE_MAX_IN_RECORD)
        return ODD;
    if (walk->out == NULL)
        return PLAIN;
    if (add_header(walk, header, length) == FAILED || buffer_add(walk->out, bytes, length) < 0)
        return FAILED;
    return PLAIN;
}

static Outcome add_boolean(Walk *walk, PyObject *payload)
{
    if (payload != Py_True && payload != Py_False)
        return ODD;
    unsigned char byte = payload == Py_True ? 0xC3 : 0xC2;
    walk->size += 1;
    return walk->out != NULL && buffer_add(walk->out, &byte, 1) < 0 ? FAILED : PLAIN;
}

static Outcome add_text(Walk *walk, PyObject *payload)
{
    Py_ssize_t length;
    const char *text = text_of(payload, &length);
    if (text == NULL)
        return ODD;
    walk->size += length;
    return add_bytes(walk, &TEXT, text, length);
}

static Outcome add_number(Walk *walk, PyObject *payload)
{
    Py_ssize_t length;
    const char *text = text_of(payload, &length);
    Py_ssize_t size = text == NULL ? 0 : number_size(text, length);
    if (size == 0)
        return ODD;
    walk->size += size;
    return add_bytes(walk, &TEXT, text, length);
}

static Outcome add_binary(Walk *walk, PyObject *payload)
{
    Py_ssize_t length;
    const char *bytes = binary_of(payload, &length);
    if (bytes == NULL)
        return ODD;
    walk->size += length;
    return add_bytes(walk, &BINARY, bytes, length);
}

/* Whether two texts, or two binaries, follow each other: a set in this order is sorted, and has no member twice. */
static int precedes(const char *one, Py_ssize_t one_length, const char *two, Py_ssize_t two_length)
{
    int order = memcmp(one, two, one_length < two_length ? one_length : two_length);
    return order != 0 ? order < 0 : one_length < two_length;
}

/* The same of numbers; digits alone, as most are, are compared here. */
static int number_precedes(const char *one, Py_ssize_t one_length, const char *two, Py_ssize_t two_length)
{
    if (memchr(one, '.', one_length) || memchr(two, '.', two_length) || *one == '-' || *two == '-')
        return 0;
    return one_length != two_length ? one_length < two_length : memcmp(one, two, one_length) < 0;
}

static Outcome add_set(Walk *walk, PyObject *payload, int tag)
{
    Py_ssize_t count = PyList_CheckExact(payload) ? PyList_Size(payload) : 0;
    if (count == 0 || add_header(walk, &ARRAY, count) == FAILED)
        return count == 0 ? ODD : FAILED;
    const char *previous = NULL;
    Py_ssize_t previous_length = 0;
    for (Py_ssize_t index = 0; index < count; index++) {
        PyObject *member = PyList_GetItem(payload, index);
        Outcome outcome = tag == TAG_SS   ? add_text(walk, member)
                          : tag == TAG_NS ? add_number(walk, member)
                                          : add_binary(walk, member);
        if (outcome != PLAIN)
            return outcome;
        Py_ssize_t length;
        const char *bytes = tag == TAG_BS ? binary_of(member, &length) : text_of(member, &length);
        if (previous != NULL &&
            !(tag == TAG_NS ? number_precedes : precedes)(previous, previous_length, bytes, length))
            return ODD;
        previous = bytes;
        previous_length = length;
    }
    return PLAIN;
}

static Outcome add_list(Walk *walk, PyObject *payload, Py_ssize_t level)
{
    if (!PyList_CheckExact(payload))
        return ODD;
    Py_ssize_t count = PyList_Size(payload);
    walk->size += 3 + count;
    Outcome outcome = add_header(walk, &ARRAY, count);
    for (Py_ssize_t index = 0; outcome == PLAIN && index < count; index++)
        outcome = walk_value(walk, PyList_GetItem(payload, index), level + 1);
    return outcome;
}

static Outcome add_members(Walk *walk, PyObject *members, Py_ssize_t level)
{
    Outcome outcome = add_header(walk, &MAP, PyDict_Size(members));
    Py_ssize_t position = 0, length;
    PyObject *name, *value;
    while (outcome == PLAIN && PyDict_Next(members, &position, &name, &value)) {
        const char *text = text_of(name, &length);
        if (text == NULL || length == 0 || length > limits.attribute_name_bytes_max)
            return ODD;
        walk->size += length;
        outcome = add_bytes(walk, &TEXT, text, length);
        if (outcome == PLAIN)
            outcome = walk_value(walk, value, level);
    }
    return outcome;
}

static Outcome add_map(Walk *walk, PyObject *payload, Py_ssize_t level)
{
    if (!PyDict_CheckExact(payload))
        return ODD;
    walk->size += 3 + PyDict_Size(payload);
    return add_members(walk, payload, level + 1);
}

static Outcome walk_value(Walk *walk, PyObject *value, Py_ssize_t level)
{
    Py_ssize_t position = 0, length;
    PyObject *name, *payload;
    if (level > limits.nesting_levels_max || !PyDict_CheckExact(value) || PyDict_Size(value) != 1)
        return ODD;
    PyDict_Next(value, &position, &name, &payload);
    int tag = tag_of(name);
    if (tag < 0 || walk->size > SIZE_MAX_IN_RECORD)
        return ODD;
    const char *text = text_of(name, &length);
    if (add_header(walk, &MAP, 1) == FAILED || add_bytes(walk, &TEXT, text, length) == FAILED)
        return FAILED;
    switch (tag) {
    case TAG_S: return add_text(walk, payload);
    case TAG_N: return add_number(walk, payload);
    case TAG_B: return add_binary(walk, payload);
    case TAG_BOOL: return add_boolean(walk, payload);
    case TAG_NULL: return payload == Py_True ? add_boolean(walk, payload) : ODD;
    case TAG_M: return add_map(walk, payload, level);
    case TAG_L: return add_list(walk, payload, level);
    default: return add_set(walk, payload, tag);
    }
}

PyObject *checked_item(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    if (count == 1 && PyDict_CheckExact(arguments[0])) {
        Walk walk = {NULL, 0};
        Outcome outcome = add_members(&walk, arguments[0], 1);
        if (outcome == PLAIN)
            return Py_BuildValue("(On)", arguments[0], walk.size);
    }
    return call_pure(pure, arguments, count);
}

/* checked_value(value, level=1). */
PyObject *checked_value(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t level = 1;
    if (count == 1 || (count == 2 && size_of(arguments[1], &level))) {
        Walk walk = {NULL, 0};
        if (walk_value(&walk, arguments[0], level) == PLAIN)
            return Py_BuildValue("(On)", arguments[0], walk.size);
    }
    return call_pure(pure, arguments, count);
}

/* The whole item and its record, or what the pure function has to say of its arguments. */
static PyObject *recorded(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Buffer out;
    buffer_open(&out);
    Walk walk = {&out, 0};
    out.length = RECORD_SIZE_BYTES;
    Outcome outcome = PyDict_CheckExact(arguments[0]) ? add_members(&walk, arguments[0], 1) : ODD;
    if (walk.size > limits.item_size_bytes_max)
        outcome = outcome == FAILED ? FAILED : ODD;
    PyObject *result = NULL;
    if (outcome == PLAIN) {
        for (int index = 0; index < RECORD_SIZE_BYTES; index++)
            out.bytes[index] = (unsigned char)(walk.size >> (16 - 8 * index));
        PyObject *record = PyBytes_FromStringAndSize((char *)out.bytes, out.length);
        if (record != NULL)
            result = Py_BuildValue("(ON)", arguments[0], record);
    }
    buffer_close(&out);
    return outcome == ODD ? call_pure(pure, arguments, count) : result;
}

PyObject *checked_record(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return count == 1 ? recorded(pure, arguments, count) : call_pure(pure, arguments, count);
}

/* To walk the whole item is quicker than to find what has changed in it. */
PyObject *edited_record(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return count == 4 ? recorded(pure, arguments, count) : call_pure(pure, arguments, count);
}
