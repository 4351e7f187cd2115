#ifndef LOCKEDH5_HALF_H
#define LOCKEDH5_HALF_H

#include <cstdint>

namespace lockedh5 {

/// Whether a binary16 bit pattern is neither NaN nor infinite.
inline bool half_is_finite(uint16_t bits) { return (bits & 0x7C00) != 0x7C00; }

/// Writes the shortest decimal that reads back to the finite binary16 number `bits`, with a point or an exponent.
char *put_half(char *out, uint16_t bits);

/// The binary16 number nearest to `value`, the even one of two; infinite where that is nearer than any.
uint16_t half_from(double value);

}  // namespace lockedh5

#endif
