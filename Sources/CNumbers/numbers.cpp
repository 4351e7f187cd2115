#include "CNumbers.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "half.h"

namespace {

inline uint8_t swapped(uint8_t bits) { return bits; }
inline uint16_t swapped(uint16_t bits) { return __builtin_bswap16(bits); }
inline uint32_t swapped(uint32_t bits) { return __builtin_bswap32(bits); }
inline uint64_t swapped(uint64_t bits) { return __builtin_bswap64(bits); }

template <typename To, typename From> To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From), "a bit pattern keeps its size");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

char *put(char *out, const char *text) {
    size_t length = std::strlen(text);
    std::memcpy(out, text, length);
    return out + length;
}

char *put_special(char *out, bool is_nan, bool is_negative, lockedh5_nan_style style) {
    if (style == LOCKEDH5_NAN_NULL) return put(out, "null");
    if (style == LOCKEDH5_NAN_STRING) *out++ = '"';
    out = put(out, is_nan ? "NaN" : is_negative ? "-Infinity" : "Infinity");
    if (style == LOCKEDH5_NAN_STRING) *out++ = '"';
    return out;
}

template <typename Real> char *put_real(char *out, Real value) {
    // Below this every whole number is exact; its digits cost less than the search for the shortest decimal, and
    // 100000.0 reads better than 1e+05.
    constexpr Real exact = static_cast<Real>(uint64_t(1) << std::numeric_limits<Real>::digits);
    Real magnitude = std::fabs(value);
    char *last = out + LOCKEDH5_LONGEST_NUMBER;
    if (magnitude < exact) {
        auto whole = static_cast<int64_t>(magnitude);
        if (static_cast<Real>(whole) == magnitude) {
            if (std::signbit(value)) *out++ = '-';
            return put(std::to_chars(out, last, whole).ptr, ".0");
        }
        return std::to_chars(out, last, value).ptr;
    }
    char *end = std::to_chars(out, last, value).ptr;
    return std::memchr(out, 'e', end - out) ? end : put(end, ".0");
}

#if __LDBL_MANT_DIG__ == 64
// The x87's 80 bits in 16 bytes, as they lie in memory.
char *put_extended(char *out, const unsigned char *element, lockedh5_nan_style style) {
    long double value = 0;
    std::memcpy(&value, element, 10);
    if (!std::isfinite(value)) return put_special(out, std::isnan(value), std::signbit(value), style);
    char *end = std::to_chars(out, out + LOCKEDH5_LONGEST_NUMBER, value).ptr;
    bool is_whole = !std::memchr(out, 'e', end - out) && !std::memchr(out, '.', end - out);
    return is_whole ? put(end, ".0") : end;
}
#endif

struct RealWriter {
    lockedh5_nan_style style;

    char *operator()(char *out, uint16_t bits) const {
        if (lockedh5::half_is_finite(bits)) return lockedh5::put_half(out, bits);
        return put_special(out, (bits & 0x03FF) != 0, (bits & 0x8000) != 0, style);
    }
    char *operator()(char *out, uint32_t bits) const { return any(out, bit_cast<float>(bits)); }
    char *operator()(char *out, uint64_t bits) const { return any(out, bit_cast<double>(bits)); }

    template <typename Real> char *any(char *out, Real value) const {
        if (std::isfinite(value)) return put_real(out, value);
        return put_special(out, std::isnan(value), std::signbit(value), style);
    }
};

template <bool IsSigned> struct IntegerWriter {
    bool is_quoted;

    template <typename Bits> char *operator()(char *out, Bits bits) const {
        if (is_quoted) *out++ = '"';
        char *last = out + LOCKEDH5_LONGEST_NUMBER;
        if constexpr (IsSigned) {
            out = std::to_chars(out, last, bit_cast<std::make_signed_t<Bits>>(bits)).ptr;
        } else {
            out = std::to_chars(out, last, bits).ptr;
        }
        if (is_quoted) *out++ = '"';
        return out;
    }
};

template <typename Bits, bool IsSwapped, typename Writer>
char *put_all(char *out, const unsigned char *elements, size_t count, const Writer &write) {
    for (size_t index = 0; index < count; ++index) {
        Bits bits;
        std::memcpy(&bits, elements + index * sizeof bits, sizeof bits);
        if (index > 0) *out++ = ',';
        out = write(out, IsSwapped ? swapped(bits) : bits);
    }
    return out;
}

template <typename Bits, typename Writer>
char *put_ordered(
    const lockedh5_number_format &format, char *out, const unsigned char *elements, size_t count,
    const Writer &write) {
    bool host_is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    if ((format.is_big_endian != 0) == host_is_big_endian) {
        return put_all<Bits, false>(out, elements, count, write);
    }
    return put_all<Bits, true>(out, elements, count, write);
}

template <typename Writer>
char *put_integers(
    const lockedh5_number_format &format, char *out, const unsigned char *elements, size_t count,
    const Writer &write) {
    switch (format.size) {
    case 1: return put_ordered<uint8_t>(format, out, elements, count, write);
    case 2: return put_ordered<uint16_t>(format, out, elements, count, write);
    case 4: return put_ordered<uint32_t>(format, out, elements, count, write);
    case 8: return put_ordered<uint64_t>(format, out, elements, count, write);
    default: return out;
    }
}

char *put_reals(const lockedh5_number_format &format, char *out, const unsigned char *elements, size_t count) {
    RealWriter write{format.nan_style};
    switch (format.size) {
    case 2: return put_ordered<uint16_t>(format, out, elements, count, write);
    case 4: return put_ordered<uint32_t>(format, out, elements, count, write);
    case 8: return put_ordered<uint64_t>(format, out, elements, count, write);
#if __LDBL_MANT_DIG__ == 64
    case 16:
        for (size_t index = 0; index < count; ++index) {
            if (index > 0) *out++ = ',';
            out = put_extended(out, elements + index * 16, format.nan_style);
        }
        return out;
#endif
    default: return out;
    }
}

}  // namespace

size_t lockedh5_write_numbers(
    const lockedh5_number_format *format, const void *elements, size_t *count, char *buffer, size_t capacity) {
    size_t room = capacity / LOCKEDH5_LONGEST_NUMBER;
    if (*count > room) *count = room;
    auto *first = static_cast<const unsigned char *>(elements);
    char *end = buffer;
    switch (format->number_class) {
    case LOCKEDH5_SIGNED:
        end = put_integers(*format, buffer, first, *count, IntegerWriter<true>{format->is_quoted != 0});
        break;
    case LOCKEDH5_UNSIGNED:
        end = put_integers(*format, buffer, first, *count, IntegerWriter<false>{format->is_quoted != 0});
        break;
    case LOCKEDH5_REAL: end = put_reals(*format, buffer, first, *count); break;
    }
    return end - buffer;
}
