/* The C library's functions for extended attributes, which Swift's module of it leaves out. */
#ifndef CEXTENDEDATTRIBUTES_SHIM_H
#define CEXTENDEDATTRIBUTES_SHIM_H

#include <sys/types.h>
#include <sys/xattr.h>

#endif
