/* Key bytes of plain keys, as `values/key_bytes.py` makes them; see there for what they are made of. */

#include "core.h"

#define EXPONENT_MIN (-130)
#define TOKEN_BYTES 8
#define BLOCK_BYTES 128

/* BLAKE2b of TOKEN_BYTES, without a key (RFC 7693). */

static const uint64_t initial[8] = {
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
};

static const unsigned char schedule[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint64_t turned(uint64_t word, int bits)
{
    return word >> bits | word << (64 - bits);
}

static void mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y)
{
    v[a] += v[b] + x;
    v[d] = turned(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = turned(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = turned(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = turned(v[b] ^ v[c], 63);
}

static void compress(uint64_t *state, const unsigned char *block, uint64_t length, int is_last)
{
    uint64_t v[16], words[16];
    for (int index = 0; index < 16; index++) {
        words[index] = 0;
        for (int byte = 7; byte >= 0; byte--)
            words[index] = words[index] << 8 | block[8 * index + byte];
    }
    memcpy(v, state, 64);
    memcpy(v + 8, initial, 64);
    v[12] ^= length;
    if (is_last)
        v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
        const unsigned char *order = schedule[round % 10];
        for (int column = 0; column < 4; column++)
            mix(v, column, column + 4, column + 8, column + 12, words[order[2 * column]],
                words[order[2 * column + 1]]);
        for (int column = 0; column < 4; column++)
            mix(v, column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12,
                words[order[8 + 2 * column]], words[order[9 + 2 * column]]);
    }
    for (int index = 0; index < 8; index++)
        state[index] ^= v[index] ^ v[index + 8];
}

static void write_token(const unsigned char *bytes, size_t length, unsigned char *token)
{
    uint64_t state[8];
    unsigned char block[BLOCK_BYTES];
    size_t done = 0;
    memcpy(state, initial, sizeof state);
    state[0] ^= 0x01010000 ^ TOKEN_BYTES;
    for (; length - done > BLOCK_BYTES; done += BLOCK_BYTES)
        compress(state, bytes + done, done + BLOCK_BYTES, 0);
    memset(block, 0, sizeof block);
    memcpy(block, bytes + done, length - done);
    compress(state, block, length, 1);
    for (int index = 0; index < TOKEN_BYTES; index++)
        token[index] = (unsigned char)(state[0] >> (8 * index));
}

/* Bytes with 00 written as 00 FF, then 00 00. */
static Outcome add_escaped(Buffer *out, const char *bytes, Py_ssize_t length)
{
    if (buffer_room(out, 2 * (size_t)length + 2) < 0)
        return FAILED;
    unsigned char *at = out->bytes + out->length;
    for (Py_ssize_t index = 0; index < length; index++) {
        *at++ = (unsigned char)bytes[index];
        if (bytes[index] == 0)
            *at++ = 0xFF;
    }
    *at++ = 0;
    *at++ = 0;
    out->length = at - out->bytes;
    return PLAIN;
}

static Outcome add_number_key(Buffer *out, const char *text, Py_ssize_t length)
{
    unsigned char bytes[2 + 20 + 1];
    char digits[40];
    Py_ssize_t used = 0, count = 0, point = -1, zeros = 0;
    if (number_size(text, length) == 0)
        return ODD;
    if (length == 1 && *text == '0')
        return buffer_add(out, "\x01", 1) < 0 ? FAILED : PLAIN;
    int negative = *text == '-';
    for (Py_ssize_t index = negative; index < length; index++) {
        if (text[index] == '.')
            point = index - negative;
        else if (count == 0 && text[index] == '0')
            zeros++; /* Those that lead: the integer's own and those of the fraction. */
        else
            digits[count++] = text[index];
    }
    Py_ssize_t integers = point >= 0 ? point : length - negative;
    Py_ssize_t exponent = integers - zeros - 1;
    while (digits[count - 1] == '0')
        count--;
    if (count % 2)
        digits[count++] = '0';
    unsigned char mask = negative ? 0xFF : 0;
    bytes[used++] = negative ? 0 : 2;
    bytes[used++] = (unsigned char)(exponent - EXPONENT_MIN) ^ mask;
    for (Py_ssize_t index = 0; index < count; index += 2)
        bytes[used++] = (unsigned char)((digits[index] - '0') * 10 + digits[index + 1] - '0' + 1) ^ mask;
    bytes[used++] = mask;
    return buffer_add(out, bytes, used) < 0 ? FAILED : PLAIN;
}

/* A member, to be released; NULL where it is not there, or with an error of a name's own. */
static PyObject *found(PyObject *members, PyObject *name)
{
    PyObject *member = PyDict_GetItemWithError(members, name);
    Py_XINCREF(member);
    return member;
}

/* Adds the key bytes of one attribute, `(name, type, ...)` of a schema, if it is there, of the type and of a length
   that is right for certain. */
static Outcome add_part(Buffer *out, PyObject *attribute, PyObject *item)
{
    if (!PyTuple_CheckExact(attribute) || PyTuple_Size(attribute) < 2)
        return ODD;
    PyObject *type = PyTuple_GetItem(attribute, 1);
    PyObject *value = found(item, PyTuple_GetItem(attribute, 0));
    PyObject *payload = value != NULL && PyDict_CheckExact(value) ? found(value, type) : NULL;
    Outcome outcome = ODD;
    size_t before = out->length;
    if (payload != NULL) {
        Py_ssize_t length;
        int tag = tag_of(type);
        const char *bytes = tag == TAG_B ? binary_of(payload, &length) : text_of(payload, &length);
        if (bytes != NULL && length > 0 && length <= limits.sort_key_bytes_max)
            outcome = tag == TAG_N ? add_number_key(out, bytes, length) : add_escaped(out, bytes, length);
        if (outcome == PLAIN && (Py_ssize_t)(out->length - before) > limits.sort_key_bytes_max)
            outcome = ODD;
    }
    Py_XDECREF(payload);
    Py_XDECREF(value);
    return PyErr_Occurred() ? FAILED : outcome;
}

static Outcome add_key(Buffer *out, PyObject *schema, Py_ssize_t partition_parts, PyObject *item)
{
    out->length = TOKEN_BYTES;
    Outcome outcome = PLAIN;
    Py_ssize_t parts = PyTuple_Size(schema);
    if (partition_parts < 1 || partition_parts > parts)
        return ODD;
    for (Py_ssize_t index = 0; outcome == PLAIN && index < parts; index++) {
        outcome = add_part(out, PyTuple_GetItem(schema, index), item);
        if (outcome == PLAIN && index + 1 == partition_parts)
            write_token(out->bytes + TOKEN_BYTES, out->length - TOKEN_BYTES, out->bytes);
    }
    return outcome;
}

/* plain_key(schema, partition_parts, item, tail). */
PyObject *plain_key(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t length, partition_parts;
    if (count != 4 || !PyTuple_CheckExact(arguments[0]) || !size_of(arguments[1], &partition_parts) ||
        !PyDict_CheckExact(arguments[2]))
        return call_pure(pure, arguments, count);
    const char *tail = binary_of(arguments[3], &length);
    Buffer out;
    buffer_open(&out);
    Outcome outcome = tail == NULL ? ODD : add_key(&out, arguments[0], partition_parts, arguments[2]);
    if (outcome == PLAIN && buffer_add(&out, tail, length) < 0)
        outcome = FAILED;
    PyObject *key = outcome == PLAIN ? PyBytes_FromStringAndSize((char *)out.bytes, out.length) : NULL;
    buffer_close(&out);
    return outcome == ODD ? call_pure(pure, arguments, count) : key;
}

/* The key bytes of one payload, which is a text or, for binary, bytes. */
static PyObject *encoded(PyObject *pure, PyObject *const *arguments, Py_ssize_t count, int tag)
{
    Py_ssize_t length;
    const char *bytes = NULL;
    if (count == 1)
        bytes = tag == TAG_B ? binary_of(arguments[0], &length) : text_of(arguments[0], &length);
    if (bytes == NULL)
        return call_pure(pure, arguments, count);
    Buffer out;
    buffer_open(&out);
    Outcome outcome = tag == TAG_N ? add_number_key(&out, bytes, length) : add_escaped(&out, bytes, length);
    PyObject *key = outcome == PLAIN ? PyBytes_FromStringAndSize((char *)out.bytes, out.length) : NULL;
    buffer_close(&out);
    return outcome == ODD ? call_pure(pure, arguments, count) : key;
}

PyObject *encoded_string(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return encoded(pure, arguments, count, TAG_S);
}

PyObject *encoded_binary(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return encoded(pure, arguments, count, TAG_B);
}

PyObject *encoded_number(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    return encoded(pure, arguments, count, TAG_N);
}

PyObject *token(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t length;
    const char *bytes = count == 1 ? binary_of(arguments[0], &length) : NULL;
    if (bytes == NULL)
        return call_pure(pure, arguments, count);
    unsigned char found[TOKEN_BYTES];
    write_token((const unsigned char *)bytes, length, found);
    return PyBytes_FromStringAndSize((char *)found, TOKEN_BYTES);
}
