/* Records to items: msgpack as `checked_record` writes it. Anything else in it - integers, nil, a key that is no text,
   bytes that are missing or left over - is left to the pure function, which is msgpack's own decoder. */

#include "core.h"

#define LEVELS_MAX 128
#define KEPT_NAMES 1024
#define KEPT_NAME_BYTES_MAX 64

/* Names that have been met, type descriptors among them: most come again and again. */
static struct {
    PyObject *name;
    const char *text;
    Py_ssize_t length;
} kept[KEPT_NAMES];

typedef struct {
    const unsigned char *at, *end;
} Cursor;

static Outcome decoded(Cursor *cursor, int level, PyObject **object);

/* Whether so many bytes are left. */
static int has(const Cursor *cursor, size_t count)
{
    return (size_t)(cursor->end - cursor->at) >= count;
}

static int is_text(unsigned char head)
{
    return (head & 0xE0) == 0xA0 || (head >= 0xD9 && head <= 0xDB);
}

/* The length that a header of msgpack tells in `bytes` bytes; -1 where they are missing. */
static Py_ssize_t length_in(Cursor *cursor, int bytes)
{
    Py_ssize_t length = 0;
    if (!has(cursor, bytes))
        return -1;
    while (bytes-- > 0)
        length = length << 8 | *cursor->at++;
    return length;
}

/* Goes past a text: its bytes and their number, NULL where none begins here. */
static const char *next_text(Cursor *cursor, Py_ssize_t *found)
{
    if (!has(cursor, 1))
        return NULL;
    unsigned char head = *cursor->at++;
    Py_ssize_t length = (head & 0xE0) == 0xA0 ? head & 0x1F
                        : head == 0xD9        ? length_in(cursor, 1)
                        : head == 0xDA        ? length_in(cursor, 2)
                        : head == 0xDB        ? length_in(cursor, 4)
                                              : -1;
    if (length < 0 || !has(cursor, length))
        return NULL;
    const char *text = (const char *)cursor->at;
    cursor->at += length;
    *found = length;
    return text;
}

/* The number of members of a map whose head this is, behind it; -1 for another head, or where bytes are missing. */
static Py_ssize_t map_count(Cursor *cursor, unsigned char head)
{
    return (head & 0xF0) == 0x80 ? head & 0x0F
           : head == 0xDE        ? length_in(cursor, 2)
           : head == 0xDF        ? length_in(cursor, 4)
                                 : -1;
}

static Outcome made(PyObject *object, PyObject **result)
{
    *result = object;
    if (object != NULL)
        return PLAIN;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        return FAILED;
    PyErr_Clear();
    return ODD;
}

static Outcome decoded_name(Cursor *cursor, PyObject **name)
{
    Py_ssize_t length;
    const char *text = next_text(cursor, &length);
    if (text == NULL)
        return ODD;
    if (length == 0 || length > KEPT_NAME_BYTES_MAX)
        return made(PyUnicode_FromStringAndSize(text, length), name);
    size_t hash = (size_t)length;
    for (Py_ssize_t index = 0; index < length; index++)
        hash = hash * 31 + (unsigned char)text[index];
    size_t slot = (hash ^ hash >> 10) % KEPT_NAMES;
    if (kept[slot].name != NULL && kept[slot].length == length && memcmp(kept[slot].text, text, length) == 0) {
        Py_INCREF(kept[slot].name);
        *name = kept[slot].name;
        return PLAIN;
    }
    Outcome outcome = made(PyUnicode_FromStringAndSize(text, length), name);
    if (outcome != PLAIN)
        return outcome;
    const char *own = PyUnicode_AsUTF8AndSize(*name, &length);
    if (own == NULL) {
        Py_DECREF(*name);
        return FAILED;
    }
    PyObject *older = kept[slot].name;
    Py_INCREF(*name);
    kept[slot].name = *name;
    kept[slot].text = own;
    kept[slot].length = length;
    Py_XDECREF(older);
    return PLAIN;
}

/* Goes past one object without making it. */
static Outcome skipped(Cursor *cursor, int level)
{
    if (level > LEVELS_MAX || !has(cursor, 1))
        return ODD;
    unsigned char head = *cursor->at;
    Py_ssize_t length = 0, inner = 0;
    if (is_text(head))
        return next_text(cursor, &length) == NULL ? ODD : PLAIN;
    cursor->at++;
    if ((head & 0xF0) == 0x80 || (head & 0xF0) == 0x90)
        inner = head & 0x0F;
    else if (head >= 0xC4 && head <= 0xC6)
        length = length_in(cursor, 1 << (head - 0xC4));
    else if (head >= 0xDC && head <= 0xDF)
        inner = length_in(cursor, head % 2 ? 4 : 2);
    else if (head != 0xC2 && head != 0xC3)
        return ODD;
    if (head < 0x90 || head >= 0xDE)
        inner *= 2; /* A map's names lie between its values. */
    if (length < 0 || inner < 0 || !has(cursor, length) || !has(cursor, inner / 2))
        return ODD;
    cursor->at += length;
    Outcome outcome = PLAIN;
    while (outcome == PLAIN && inner-- > 0)
        outcome = skipped(cursor, level + 1);
    return outcome;
}

/* The members of a map; of `names`, where that is not NULL, alone. */
static Outcome decoded_members(Cursor *cursor, Py_ssize_t count, int level, PyObject *names, PyObject **map)
{
    *map = PyDict_New();
    Outcome outcome = *map == NULL ? FAILED : PLAIN;
    while (outcome == PLAIN && count-- > 0) {
        PyObject *name, *value;
        outcome = decoded_name(cursor, &name);
        if (outcome != PLAIN)
            break;
        int is_wanted = names == NULL ? 1 : PySequence_Contains(names, name);
        outcome = is_wanted > 0 ? decoded(cursor, level, &value) : is_wanted == 0 ? skipped(cursor, level) : FAILED;
        if (outcome == PLAIN && is_wanted > 0) {
            if (PyDict_SetItem(*map, name, value) < 0)
                outcome = FAILED;
            Py_DECREF(value);
        }
        Py_DECREF(name);
    }
    if (outcome != PLAIN)
        Py_CLEAR(*map);
    return outcome;
}

static Outcome decoded_array(Cursor *cursor, Py_ssize_t count, int level, PyObject **list)
{
    if (!has(cursor, count)) /* Each member takes a byte at least: no list is made larger than the record. */
        return ODD;
    *list = PyList_New(count);
    Outcome outcome = *list == NULL ? FAILED : PLAIN;
    for (Py_ssize_t index = 0; outcome == PLAIN && index < count; index++) {
        PyObject *member;
        outcome = decoded(cursor, level, &member);
        if (outcome == PLAIN)
            PyList_SetItem(*list, index, member);
    }
    if (outcome != PLAIN)
        Py_CLEAR(*list);
    return outcome;
}

static Outcome decoded_binary(Cursor *cursor, Py_ssize_t length, PyObject **binary)
{
    if (length < 0 || !has(cursor, length))
        return ODD;
    const char *bytes = (const char *)cursor->at;
    cursor->at += length;
    return made(PyBytes_FromStringAndSize(bytes, length), binary);
}

static Outcome decoded_text(Cursor *cursor, PyObject **text)
{
    Py_ssize_t length;
    const char *bytes = next_text(cursor, &length);
    if (bytes == NULL)
        return ODD;
    return made(PyUnicode_FromStringAndSize(bytes, length), text);
}

static Outcome decoded(Cursor *cursor, int level, PyObject **object)
{
    if (level > LEVELS_MAX || !has(cursor, 1))
        return ODD;
    unsigned char head = *cursor->at;
    if (is_text(head))
        return decoded_text(cursor, object);
    cursor->at++;
    Py_ssize_t count = map_count(cursor, head);
    if (count >= 0)
        return decoded_members(cursor, count, level + 1, NULL, object);
    if ((head & 0xF0) == 0x90)
        return decoded_array(cursor, head & 0x0F, level + 1, object);
    switch (head) {
    case 0xC2:
    case 0xC3: return made(PyBool_FromLong(head == 0xC3), object);
    case 0xC4: return decoded_binary(cursor, length_in(cursor, 1), object);
    case 0xC5: return decoded_binary(cursor, length_in(cursor, 2), object);
    case 0xC6: return decoded_binary(cursor, length_in(cursor, 4), object);
    case 0xDC:
    case 0xDD:
        count = length_in(cursor, head == 0xDC ? 2 : 4);
        return count < 0 ? ODD : decoded_array(cursor, count, level + 1, object);
    default: return ODD;
    }
}

/* An item of a record, which is a map; with the attributes of `names` alone, where that is not NULL. */
static Outcome decoded_record(PyObject *record, PyObject *names, PyObject **item)
{
    Py_ssize_t length;
    const char *bytes = binary_of(record, &length);
    if (bytes == NULL || length <= RECORD_SIZE_BYTES)
        return ODD;
    Cursor cursor = {(const unsigned char *)bytes + RECORD_SIZE_BYTES, (const unsigned char *)bytes + length};
    unsigned char head = *cursor.at++;
    Py_ssize_t count = map_count(&cursor, head);
    Outcome outcome = count < 0 ? ODD : decoded_members(&cursor, count, 1, names, item);
    if (outcome == PLAIN && cursor.at != cursor.end) {
        Py_CLEAR(*item);
        return ODD;
    }
    return outcome;
}

PyObject *record_item(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *item;
    Outcome outcome = count == 1 ? decoded_record(arguments[0], NULL, &item) : ODD;
    return outcome == ODD ? call_pure(pure, arguments, count) : outcome == FAILED ? NULL : item;
}

/* Adds the items of some records to a list. As it makes nothing but what is new, the collector of cyclic garbage would
   walk in vain: it rests meanwhile, and is as it was before others have their turn. */
static Outcome add_records(PyObject *records, Py_ssize_t start, Py_ssize_t count, PyObject *names, PyObject *items)
{
    Py_ssize_t stop = count - start > STEPS_PER_TURN ? start + STEPS_PER_TURN : count;
    int was_enabled = PyGC_Disable();
    Outcome outcome = PyList_Size(records) == count ? PLAIN : ODD;
    for (Py_ssize_t index = start; outcome == PLAIN && index < stop; index++) {
        PyObject *item, *record = PyList_GetItem(records, index);
        Py_INCREF(record);
        outcome = decoded_record(record, names, &item);
        Py_DECREF(record);
        if (outcome == PLAIN) {
            outcome = PyList_Append(items, item) < 0 ? FAILED : PLAIN;
            Py_DECREF(item);
        }
    }
    if (was_enabled)
        PyGC_Enable();
    return outcome;
}

static Outcome decoded_records(PyObject *records, PyObject *names, PyObject **items)
{
    Py_ssize_t count = PyList_CheckExact(records) ? PyList_Size(records) : -1;
    if (count < 0)
        return ODD;
    *items = PyList_New(0); /* Other threads may see it, so it is whole at any time. */
    Outcome outcome = *items == NULL ? FAILED : PLAIN;
    for (Py_ssize_t index = 0; outcome == PLAIN && index < count; index += STEPS_PER_TURN) {
        int is_failed = index > 0 && take_turn() < 0;
        outcome = is_failed ? FAILED : add_records(records, index, count, names, *items);
    }
    if (outcome != PLAIN)
        Py_CLEAR(*items);
    return outcome;
}

static PyObject *items_of(PyObject *pure, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    PyObject *items;
    Outcome outcome = decoded_records(arguments[0], names, &items);
    return outcome == ODD ? call_pure(pure, arguments, count) : outcome == FAILED ? NULL : items;
}

PyObject *record_items(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return count == 1 ? items_of(pure, arguments, count, NULL) : call_pure(pure, arguments, count);
}

PyObject *partial_items(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return count == 2 ? items_of(pure, arguments, count, arguments[1]) : call_pure(pure, arguments, count);
}
