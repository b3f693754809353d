/* The collector of cyclic garbage: told of containers that it need not walk. */

#include "core.h"

/* untracked(containers): takes containers that can be part of no cycle from the collector; returns how many it had. */
PyObject *untracked(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 1 || !PyList_CheckExact(arguments[0]))
        return call_pure(pure, arguments, count);
    Py_ssize_t found = 0;
    for (Py_ssize_t index = 0; index < PyList_Size(arguments[0]); index++) {
        PyObject *container = PyList_GetItem(arguments[0], index);
        if (PyObject_GC_IsTracked(container)) {
            PyObject_GC_UnTrack(container);
            found++;
        }
    }
    return PyLong_FromSsize_t(found);
}
