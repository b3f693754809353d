/* Numbers in canonical text: told from others, and measured. */

#include "core.h"

/* So many characters have no more digits than a number may have, and no exponent out of range. */
#define CHARACTERS_MAX 38

static Py_ssize_t digits_at(const char *text, const char *end)
{
    const char *start = text;
    while (text < end && *text >= '0' && *text <= '9')
        text++;
    return text - start;
}

Py_ssize_t number_size(const char *text, Py_ssize_t length)
{
    if (length == 0 || length > CHARACTERS_MAX)
        return 0;
    const char *end = text + length;
    int negative = *text == '-';
    const char *integer = text + negative;
    Py_ssize_t integers = digits_at(integer, end);
    if (integers == 0 || (*integer == '0' && integers > 1))
        return 0;
    if (integer + integers == end) {
        if (*integer == '0')
            return negative ? 0 : 1;
        while (integer[integers - 1] == '0')
            integers--;
        return 1 + (integers + 1) / 2 + negative;
    }
    const char *fraction = integer + integers + 1;
    if (fraction[-1] != '.')
        return 0;
    Py_ssize_t fractions = digits_at(fraction, end);
    if (fractions == 0 || fraction + fractions != end || end[-1] == '0')
        return 0;
    if (*integer == '0') {
        integers = 0;
        while (*fraction == '0') {
            fraction++;
            fractions--;
        }
    }
    return 1 + (integers + 1) / 2 + (fractions + 1) / 2 + negative;
}
