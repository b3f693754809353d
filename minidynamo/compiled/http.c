/* Requests as SDKs send most of them: one whole POST with a short body, in plain headers, each given once.

   Whatever else may be a request - and whatever is none - is read by the parser behind this. */

#include "core.h"

#define HEADERS_MAX 64
#define NAME_BYTES_MAX 64
#define LENGTH_DIGITS_MAX 8

static const char start_line[] = "POST / HTTP/1.1\r\n";

/* Names of headers that change how a request is read, or what is kept of it. */
static const char *const unusual[] = {"transfer-encoding", "expect", "upgrade", "te", "trailer", "connection",
                                      "proxy-connection", NULL};

typedef struct {
    const char *at, *end;
} Text;

static int is_name_byte(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

/* Reads a name, in small letters, up to its colon; its length, 0 where it is not usual. */
static Py_ssize_t name_at(Text *text, char *name)
{
    Py_ssize_t length = 0;
    while (text->at < text->end && *text->at != ':') {
        unsigned char byte = (unsigned char)*text->at++;
        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        if (!is_name_byte(byte) || length == NAME_BYTES_MAX)
            return 0;
        name[length++] = (char)byte;
    }
    name[length] = 0;
    return text->at < text->end ? length : 0;
}

/* Finds the value behind a colon, without the blanks around it, and goes past the end of its line; -1 if not usual. */
static Py_ssize_t value_at(Text *text, const char **value)
{
    text->at++;
    while (text->at < text->end && *text->at == ' ')
        text->at++;
    *value = text->at;
    while (text->at < text->end && *text->at >= 0x20 && *text->at < 0x7F)
        text->at++;
    Py_ssize_t length = text->at - *value;
    if (text->end - text->at < 2 || text->at[0] != '\r' || text->at[1] != '\n')
        return -1;
    text->at += 2;
    return length > 0 && (*value)[length - 1] != ' ' ? length : -1;
}

static Py_ssize_t length_of(const char *digits, Py_ssize_t count)
{
    Py_ssize_t length = 0;
    if (count > LENGTH_DIGITS_MAX)
        return -1;
    for (Py_ssize_t index = 0; index < count; index++) {
        if (digits[index] < '0' || digits[index] > '9')
            return -1;
        length = length * 10 + digits[index] - '0';
    }
    return length;
}

/* Adds one header; ODD where it is not usual, or comes again. */
static Outcome add_header(Text *text, PyObject *headers, Py_ssize_t *body_length)
{
    char name[NAME_BYTES_MAX + 1];
    const char *value;
    Py_ssize_t name_length = name_at(text, name);
    Py_ssize_t length = name_length ? value_at(text, &value) : -1;
    if (length < 0)
        return ODD;
    for (const char *const *each = unusual; *each != NULL; each++)
        if (strcmp(name, *each) == 0)
            return ODD;
    if (strcmp(name, "content-length") == 0 && (*body_length = length_of(value, length)) < 0)
        return ODD;
    PyObject *key = PyUnicode_FromStringAndSize(name, name_length);
    PyObject *found = PyUnicode_FromStringAndSize(value, length);
    Outcome outcome = FAILED;
    if (key != NULL && found != NULL) {
        int is_known = PyDict_Contains(headers, key);
        outcome = is_known < 0 ? FAILED : is_known ? ODD : PyDict_SetItem(headers, key, found) == 0 ? PLAIN : FAILED;
    }
    Py_XDECREF(key);
    Py_XDECREF(found);
    return outcome;
}

static Outcome read_head(Text *text, PyObject *headers, Py_ssize_t *body_length)
{
    Outcome outcome = PLAIN;
    for (int count = 0; outcome == PLAIN; count++) {
        if (text->end - text->at < 2 || count > HEADERS_MAX)
            return ODD;
        if (text->at[0] == '\r' && text->at[1] == '\n') {
            text->at += 2;
            return *body_length > 0 && text->end - text->at == *body_length ? PLAIN : ODD;
        }
        outcome = add_header(text, headers, body_length);
    }
    return outcome;
}

/* usual_request(data, size_max). */
PyObject *usual_request(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t length, body_length = -1, first = sizeof start_line - 1;
    Py_ssize_t length_max;
    const char *data = count == 2 ? binary_of(arguments[0], &length) : NULL;
    if (data == NULL || !size_of(arguments[1], &length_max))
        return call_pure(pure, arguments, count);
    if (length > length_max || length < first || memcmp(data, start_line, first) != 0)
        Py_RETURN_NONE;
    PyObject *headers = PyDict_New(), *result = NULL;
    Text text = {data + first, data + length};
    Outcome outcome = headers == NULL ? FAILED : read_head(&text, headers, &body_length);
    if (outcome == PLAIN)
        result = Py_BuildValue("(Oy#)", headers, text.at, body_length);
    Py_XDECREF(headers);
    if (outcome == ODD)
        Py_RETURN_NONE;
    return result;
}
