#include "half.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace {

// A binary16 number and the borders of its rounding interval are whole multiples of 2^-25, the largest below 2^42.
constexpr int scale_bits = 25;

/// The finite non-zero number's magnitude, and the open or closed interval of the reals that round to it.
struct Interval {
    uint64_t value, low, high;
    bool is_closed;
};

Interval interval(uint16_t bits) {
    unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    uint64_t step = uint64_t(2) << (exponent > 1 ? exponent - 1 : 0);
    uint64_t value = step * (exponent ? 1024 + fraction : fraction);
    // The next number below a power of two is only half a step away.
    uint64_t step_below = exponent > 1 && fraction == 0 ? step / 2 : step;
    return {value, value - step_below / 2, value + step / 2, (fraction & 1) == 0};
}

/// `digits` times ten to the power of `exponent`.
struct Decimal {
    uint64_t digits;
    int exponent;
};

constexpr uint64_t powers[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
    1000000000000};

/// Finds the multiple of ten to the power of `exponent` in the interval that is nearest to the value.
///
/// Five digits always suffice, so that a caller who tries the larger exponents first never overflows 64 bits.
bool nearest(const Interval &interval, int exponent, Decimal &found) {
    uint64_t factor = exponent < 0 ? powers[-exponent] : 1;
    uint64_t unit = (exponent > 0 ? powers[exponent] : 1) << scale_bits;
    uint64_t value = interval.value * factor, low = interval.low * factor, high = interval.high * factor;
    if (high < unit) return false;
    uint64_t below = exponent > 0 ? value / unit : value >> scale_bits;
    uint64_t best = UINT64_MAX;
    for (uint64_t digits = below > 0 ? below : 1; digits <= below + 1; ++digits) {
        uint64_t candidate = digits * unit;
        bool is_inside = interval.is_closed ? candidate >= low && candidate <= high
                                            : candidate > low && candidate < high;
        uint64_t distance = candidate > value ? candidate - value : value - candidate;
        if (is_inside && (distance < best || (distance == best && digits % 2 == 0))) {
            best = distance;
            found = {digits, exponent};
        }
    }
    return best != UINT64_MAX;
}

/// The decimal with the fewest digits: the largest power of ten that has a multiple in the interval.
Decimal shortest(const Interval &interval) {
    Decimal found{0, 0};
    int exponent = 4;
    while (exponent > -12 && !nearest(interval, exponent, found)) --exponent;
    return found;
}

char *put_digits(char *out, uint64_t digits) { return std::to_chars(out, out + 20, digits).ptr; }

}  // namespace

char *lockedh5::put_half(char *out, uint16_t bits) {
    if (bits & 0x8000) *out++ = '-';
    if ((bits & 0x7FFF) == 0) {
        *out++ = '0', *out++ = '.', *out++ = '0';
        return out;
    }
    Decimal decimal = shortest(interval(bits & 0x7FFF));
    if (decimal.exponent >= 0) {
        out = put_digits(out, decimal.digits * powers[decimal.exponent]);
        *out++ = '.', *out++ = '0';
        return out;
    }
    char text[20];
    int length = int(put_digits(text, decimal.digits) - text), point = length + decimal.exponent;
    if (point < -3) {
        *out++ = text[0];
        if (length > 1) *out++ = '.';
        for (int index = 1; index < length; ++index) *out++ = text[index];
        *out++ = 'e', *out++ = '-', *out++ = '0';
        return put_digits(out, uint64_t(1 - point));
    }
    if (point <= 0) *out++ = '0', *out++ = '.';
    for (int index = point; index < 0; ++index) *out++ = '0';
    for (int index = 0; index < length; ++index) {
        if (index == point && index > 0) *out++ = '.';
        *out++ = text[index];
    }
    return out;
}

uint16_t lockedh5::half_from(double value) {
    uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs(value);
    // Half a step above the largest number.
    if (magnitude >= 65520) return sign | 0x7C00;
    int exponent;
    double fraction = std::frexp(magnitude, &exponent);
    // Below 2^-14 the step no longer shrinks.
    if (magnitude == 0 || exponent <= -14) return sign | uint16_t(std::nearbyint(std::ldexp(magnitude, 24)));
    auto significand = int(std::nearbyint(std::ldexp(fraction, 11)));
    return sign | uint16_t(((exponent + 14) << 10) + significand - 1024);
}
