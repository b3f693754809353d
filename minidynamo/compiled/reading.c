/* The inner loop of reading a page. */

#include "core.h"

/* What cannot be left to the pure function any more, since records have been taken, is an error. */
static Outcome take(PyObject *record, PyObject *records, Py_ssize_t *size)
{
    Py_ssize_t length;
    const unsigned char *bytes = (const unsigned char *)binary_of(record, &length);
    if (bytes == NULL || length < RECORD_SIZE_BYTES) {
        PyErr_SetString(PyExc_TypeError, "a page is read of what are no records");
        return FAILED;
    }
    *size += bytes[0] << 16 | bytes[1] << 8 | bytes[2];
    return PyList_Append(records, record) < 0 ? FAILED : PLAIN;
}

/* taken(found, records, size, size_max). */
PyObject *taken(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t size, size_max;
    if (count != 4 || !PyIter_Check(arguments[0]) || !PyList_CheckExact(arguments[1]) ||
        !size_of(arguments[2], &size) || !size_of(arguments[3], &size_max))
        return call_pure(pure, arguments, count);
    Outcome outcome = PLAIN;
    PyObject *record;
    while (outcome == PLAIN && (record = PyIter_Next(arguments[0])) != NULL) {
        outcome = take(record, arguments[1], &size);
        Py_DECREF(record);
        if (size >= size_max)
            break;
    }
    return PyErr_Occurred() ? NULL : PyLong_FromSsize_t(size);
}
