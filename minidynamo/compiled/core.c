/* The module: its functions by name, limits, and what the other files share. */

#include "core.h"

Limits limits;

static PyObject *tags[TAGS];
static const char *const tag_texts[TAGS] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};

void buffer_open(Buffer *buffer)
{
    buffer->bytes = buffer->first;
    buffer->length = 0;
    buffer->room = sizeof buffer->first;
}

void buffer_close(Buffer *buffer)
{
    if (buffer->bytes != buffer->first)
        PyMem_Free(buffer->bytes);
}

int buffer_grow(Buffer *buffer, size_t more)
{
    size_t room = buffer->room * 2 > buffer->length + more ? buffer->room * 2 : buffer->length + more;
    int on_stack = buffer->bytes == buffer->first;
    unsigned char *bytes = PyMem_Realloc(on_stack ? NULL : buffer->bytes, room);
    if (bytes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (on_stack)
        memcpy(bytes, buffer->first, buffer->length);
    buffer->bytes = bytes;
    buffer->room = room;
    return 0;
}

int tag_of(PyObject *name)
{
    for (int tag = 0; tag < TAGS; tag++)
        if (name == tags[tag])
            return tag;
    Py_ssize_t length;
    const char *text = text_of(name, &length);
    if (text == NULL)
        return -1;
    for (int tag = 0; tag < TAGS; tag++)
        if (strlen(tag_texts[tag]) == (size_t)length && memcmp(text, tag_texts[tag], length) == 0)
            return tag;
    return -1;
}

const char *text_of(PyObject *object, Py_ssize_t *length)
{
    if (!PyUnicode_CheckExact(object))
        return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(object, length);
    if (text == NULL)
        PyErr_Clear(); /* A lone surrogate, which has no UTF-8. */
    return text;
}

const char *binary_of(PyObject *object, Py_ssize_t *length)
{
    if (!PyBytes_CheckExact(object))
        return NULL;
    *length = PyBytes_Size(object);
    return PyBytes_AsString(object);
}

int size_of(PyObject *object, Py_ssize_t *size)
{
    *size = PyLong_AsSsize_t(object);
    if (*size != -1 || !PyErr_Occurred())
        return 1;
    PyErr_Clear();
    return 0;
}

PyObject *call_pure(PyObject *pure, PyObject *const *arguments, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL)
        return NULL;
    for (Py_ssize_t index = 0; index < count; index++) {
        Py_INCREF(arguments[index]);
        PyTuple_SetItem(tuple, index, arguments[index]);
    }
    PyObject *result = PyObject_CallObject(pure, tuple);
    Py_DECREF(tuple);
    return result;
}

/* A function of Python that does nothing. Whenever one is called the interpreter lets a thread go on that has waited
   for long, and none else. (To release the interpreter here would wake a thread that waits, which then comes too late,
   and begins to wait anew: it might never have its turn.) */
static PyObject *turn = NULL;

int take_turn(void)
{
    PyObject *nothing = turn == NULL ? NULL : PyObject_CallNoArgs(turn);
    Py_XDECREF(nothing);
    return nothing == NULL && PyErr_Occurred() ? -1 : 0;
}

static PyObject *set_turn(PyObject *module, PyObject *function)
{
    Py_INCREF(function);
    Py_XDECREF(turn);
    turn = function;
    Py_RETURN_NONE;
}

#define LISTED(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL},

static PyMethodDef functions[] = {FUNCTIONS(LISTED){NULL, NULL, 0, NULL}};

/* before(name, pure): the compiled function of a name, which leaves to `pure` what is not plain; else `pure`. */
static PyObject *before(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Py_ssize_t length;
    const char *name = count == 2 ? text_of(arguments[0], &length) : NULL;
    if (name == NULL) {
        PyErr_SetString(PyExc_TypeError, "before(name, pure) takes a name and a function");
        return NULL;
    }
    for (PyMethodDef *each = functions; each->ml_name != NULL; each++)
        if (strcmp(each->ml_name, name) == 0)
            return PyCFunction_NewEx(each, arguments[1], NULL);
    Py_INCREF(arguments[1]);
    return arguments[1];
}

static PyObject *set_limits(PyObject *module, PyObject *arguments)
{
    if (!PyArg_ParseTuple(arguments, "nnnn", &limits.nesting_levels_max, &limits.attribute_name_bytes_max,
                          &limits.item_size_bytes_max, &limits.sort_key_bytes_max))
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"before", (PyCFunction)(void (*)(void))before, METH_FASTCALL, NULL},
    {"set_limits", set_limits, METH_VARARGS, NULL},
    {"set_turn", set_turn, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void)
{
    for (int tag = 0; tag < TAGS; tag++) {
        tags[tag] = PyUnicode_InternFromString(tag_texts[tag]);
        if (tags[tag] == NULL)
            return NULL;
    }
    return PyModule_Create(&definition);
}
