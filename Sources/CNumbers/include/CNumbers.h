#ifndef LOCKEDH5_CNUMBERS_H
#define LOCKEDH5_CNUMBERS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a stored number is.
typedef enum { LOCKEDH5_SIGNED, LOCKEDH5_UNSIGNED, LOCKEDH5_REAL } lockedh5_number_class;

/// How NaN and the infinities are written: "NaN", null or NaN.
typedef enum { LOCKEDH5_NAN_STRING, LOCKEDH5_NAN_NULL, LOCKEDH5_NAN_LITERAL } lockedh5_nan_style;

/// How numbers are stored, and how their text looks.
typedef struct {
    lockedh5_number_class number_class;
    /// Bytes: 1, 2, 4 or 8 of an integer; 2, 4 or 8 of an IEEE 754 number.
    int size;
    int is_big_endian;
    lockedh5_nan_style nan_style;
    /// Puts integers between quotation marks.
    int is_quoted;
} lockedh5_number_format;

/// No number's text with its comma is longer.
enum { LOCKEDH5_LONGEST_NUMBER = 32 };

/// Writes the text of numbers, comma separated, without a comma at either end.
///
/// Integers are exact. A real number is the shortest decimal that reads back to the same number of its own precision,
/// always with a point or an exponent. As many numbers are written as are sure to fit.
///
/// - `elements`: `*count` numbers that follow one another, not necessarily aligned.
/// - `count`: the number of elements; afterwards how many were written.
/// - returns: the bytes written into `buffer`; 0 for a size that the class does not have.
size_t lockedh5_write_numbers(
    const lockedh5_number_format *format, const void *elements, size_t *count, char *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
