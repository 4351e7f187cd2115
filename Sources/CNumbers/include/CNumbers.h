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
    /// Bytes: 1, 2, 4 or 8 of an integer; 2, 4 or 8 of an IEEE 754 number, 16 of an x87's (written only, little-endian).
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

/// What reading numbers came to.
typedef enum {
    LOCKEDH5_READ_DONE,
    /// The text is no number of JSON's grammar.
    LOCKEDH5_READ_MALFORMED,
    /// The nearest number of the format is infinite, or there is no such integer.
    LOCKEDH5_READ_OUT_OF_RANGE,
    /// A number with a fraction where integers are read.
    LOCKEDH5_READ_NOT_WHOLE,
} lockedh5_read_status;

/// A run of numbers, read from their text.
typedef struct {
    /// Room for `capacity` numbers, not necessarily aligned.
    void *elements;
    size_t capacity;
    /// The numbers that were read.
    size_t count;
    /// The bytes of text that they took, from the first one to the end of the last.
    size_t length;
    /// Where the text is that could not be read, and its length where it is a number.
    size_t failure, failure_length;
} lockedh5_read_run;

/// Reads numbers from JSON text: the one with which it begins, and those that follow it with commas and space between.
///
/// Integers are exact, also where they are written with a fraction or an exponent (1.0, 2e3). A real number is the
/// nearest of its precision; one that is too small for it is zero. The run ends, without a failure, before whatever is no
/// number, and when there is no more room.
///
/// - `text`: `length` bytes; not necessarily terminated.
lockedh5_read_status lockedh5_read_numbers(
    const lockedh5_number_format *format, const char *text, size_t length, lockedh5_read_run *run);

#ifdef __cplusplus
}
#endif

#endif
