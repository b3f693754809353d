/* Responses as compact JSON in ASCII, as `http/bodies.py` writes it: binary values become base64. */

#include "core.h"

#define LEVELS_MAX 128
/* A response has its long lists below one object or two. */
#define OUTER_LEVELS 1

static const char hexadecimal[] = "0123456789abcdef";
static const char sixty_four[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static Outcome add_value(Buffer *out, PyObject *value, int level);

static Outcome add_ascii(Buffer *out, const char *text)
{
    return buffer_add(out, text, strlen(text)) < 0 ? FAILED : PLAIN;
}

/* Writes one UTF-16 unit as \uXXXX. */
static unsigned char *escaped_unit(unsigned char *at, unsigned unit)
{
    *at++ = '\\';
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *at++ = (unsigned char)hexadecimal[unit >> shift & 15];
    return at;
}

/* The next character of a text that is known to be UTF-8. */
static unsigned next_character(const unsigned char **text)
{
    unsigned first = *(*text)++;
    if (first < 0x80)
        return first;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    unsigned character = first & (0x3F >> more);
    while (more-- > 0)
        character = character << 6 | (*(*text)++ & 0x3F);
    return character;
}

static unsigned char *escaped_character(unsigned char *at, unsigned character)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *form = short_forms; *form; form += 2)
        if (character == (unsigned char)form[0]) {
            *at++ = '\\';
            *at++ = (unsigned char)form[1];
            return at;
        }
    if (character < 0x10000)
        return escaped_unit(at, character);
    at = escaped_unit(at, 0xD800 + ((character - 0x10000) >> 10));
    return escaped_unit(at, 0xDC00 + ((character - 0x10000) & 0x3FF));
}

static Outcome add_string(Buffer *out, PyObject *string)
{
    Py_ssize_t length;
    const unsigned char *text = (const unsigned char *)text_of(string, &length);
    if (text == NULL)
        return ODD;
    if (buffer_room(out, 6 * (size_t)length + 2) < 0) /* No byte becomes more than six. */
        return FAILED;
    const unsigned char *end = text + length;
    unsigned char *at = out->bytes + out->length;
    *at++ = '"';
    while (text < end) {
        if (*text >= 0x20 && *text < 0x7F && *text != '"' && *text != '\\')
            *at++ = *text++;
        else
            at = escaped_character(at, next_character(&text));
    }
    *at++ = '"';
    out->length = at - out->bytes;
    return PLAIN;
}

static Outcome add_base64(Buffer *out, PyObject *binary)
{
    Py_ssize_t length;
    const unsigned char *bytes = (const unsigned char *)binary_of(binary, &length);
    if (buffer_room(out, ((size_t)length + 2) / 3 * 4 + 2) < 0)
        return FAILED;
    unsigned char *at = out->bytes + out->length;
    *at++ = '"';
    for (Py_ssize_t index = 0; index < length; index += 3) {
        Py_ssize_t left = length - index;
        unsigned group = (unsigned)bytes[index] << 16;
        group |= left > 1 ? (unsigned)bytes[index + 1] << 8 : 0;
        group |= left > 2 ? bytes[index + 2] : 0;
        *at++ = (unsigned char)sixty_four[group >> 18 & 63];
        *at++ = (unsigned char)sixty_four[group >> 12 & 63];
        *at++ = left > 1 ? (unsigned char)sixty_four[group >> 6 & 63] : '=';
        *at++ = left > 2 ? (unsigned char)sixty_four[group & 63] : '=';
    }
    *at++ = '"';
    out->length = at - out->bytes;
    return PLAIN;
}

/* A number, as Python prints it; what JSON does not have is left to the pure function. */
static Outcome add_number(Buffer *out, PyObject *number)
{
    if (PyFloat_CheckExact(number)) {
        double value = PyFloat_AsDouble(number);
        if (value - value != 0) /* Infinite, or no number. */
            return ODD;
    }
    Py_ssize_t length;
    PyObject *printed = PyObject_Repr(number);
    const char *text = printed == NULL ? NULL : text_of(printed, &length);
    Outcome outcome = text != NULL && buffer_add(out, text, length) == 0 ? PLAIN : FAILED;
    Py_XDECREF(printed);
    return outcome;
}

static Outcome add_member(Buffer *out, const char *before, PyObject *name, PyObject *value, int level)
{
    Outcome outcome = add_ascii(out, before);
    if (outcome == PLAIN)
        outcome = add_string(out, name);
    if (outcome == PLAIN)
        outcome = add_ascii(out, ":");
    return outcome == PLAIN ? add_value(out, value, level + 1) : outcome;
}

/* The outermost objects, below which other threads have their turns, are written as they were when that began. */
static Outcome add_outer_object(Buffer *out, PyObject *members, int level)
{
    PyObject *pairs = PyDict_Items(members);
    Outcome outcome = pairs == NULL ? FAILED : PLAIN;
    for (Py_ssize_t index = 0; outcome == PLAIN && index < PyList_Size(pairs); index++) {
        PyObject *pair = PyList_GetItem(pairs, index);
        const char *before = index ? "," : "{";
        outcome = add_member(out, before, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1), level);
    }
    if (outcome == PLAIN)
        outcome = add_ascii(out, PyList_Size(pairs) ? "}" : "{}");
    Py_XDECREF(pairs);
    return outcome;
}

static Outcome add_object(Buffer *out, PyObject *members, int level)
{
    if (level <= OUTER_LEVELS)
        return add_outer_object(out, members, level);
    Py_ssize_t position = 0;
    PyObject *name, *value;
    const char *before = "{";
    Outcome outcome = PyDict_Size(members) ? PLAIN : add_ascii(out, before);
    while (outcome == PLAIN && PyDict_Next(members, &position, &name, &value)) {
        outcome = add_member(out, before, name, value, level);
        before = ",";
    }
    return outcome == PLAIN ? add_ascii(out, "}") : outcome;
}

static Outcome add_array(Buffer *out, PyObject *list, int level)
{
    Outcome outcome = add_ascii(out, "[");
    for (Py_ssize_t index = 0; outcome == PLAIN && index < PyList_Size(list); index++) {
        outcome = index ? add_ascii(out, ",") : PLAIN;
        PyObject *member = PyList_GetItem(list, index);
        Py_INCREF(member);
        if (outcome == PLAIN)
            outcome = add_value(out, member, level + 1);
        Py_DECREF(member);
        /* What lies deeper may be walked with borrowed references. */
        if (outcome == PLAIN && level <= OUTER_LEVELS + 1 && take_turns(index) < 0)
            outcome = FAILED;
    }
    return outcome == PLAIN ? add_ascii(out, "]") : outcome;
}

static Outcome add_value(Buffer *out, PyObject *value, int level)
{
    if (level > LEVELS_MAX)
        return ODD;
    if (PyUnicode_CheckExact(value))
        return add_string(out, value);
    if (PyDict_CheckExact(value))
        return add_object(out, value, level);
    if (PyList_CheckExact(value))
        return add_array(out, value, level);
    if (PyBytes_CheckExact(value))
        return add_base64(out, value);
    if (value == Py_True || value == Py_False || value == Py_None)
        return add_ascii(out, value == Py_True ? "true" : value == Py_False ? "false" : "null");
    return PyLong_CheckExact(value) || PyFloat_CheckExact(value) ? add_number(out, value) : ODD;
}

/* body_of(members). */
PyObject *body_of(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 1 || !PyDict_CheckExact(arguments[0]))
        return call_pure(pure, arguments, count);
    Buffer out;
    buffer_open(&out);
    Outcome outcome = add_value(&out, arguments[0], 0);
    PyObject *body = outcome == PLAIN ? PyBytes_FromStringAndSize((char *)out.bytes, out.length) : NULL;
    buffer_close(&out);
    return outcome == ODD ? call_pure(pure, arguments, count) : body;
}
