#include "CNumbers.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#if __has_include(<xlocale.h>)
#include <xlocale.h>
#endif

#include "half.h"

namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

const char *skip_digits(const char *place, const char *end) {
    while (place < end && is_digit(*place)) ++place;
    return place;
}

/// A number of JSON's grammar.
struct Token {
    const char *end;
    bool is_integer;
};

/// Finds the number that begins at `place`; `end` of the result is null where none does.
Token scan(const char *place, const char *end) {
    constexpr Token none{nullptr, false};
    if (place < end && *place == '-') ++place;
    const char *digits = place;
    place = skip_digits(place, end);
    if (place == digits || (*digits == '0' && place > digits + 1)) return none;
    bool is_integer = true;
    if (place < end && *place == '.') {
        const char *fraction = ++place;
        place = skip_digits(place, end);
        if (place == fraction) return none;
        is_integer = false;
    }
    if (place < end && (*place == 'e' || *place == 'E')) {
        ++place;
        if (place < end && (*place == '-' || *place == '+')) ++place;
        const char *exponent = place;
        place = skip_digits(place, end);
        if (place == exponent) return none;
        is_integer = false;
    }
    return {place, is_integer};
}

/// The number 0.DIGITS times ten to the power of `point`; the digits neither begin nor end with a zero.
struct Decimal {
    std::string digits;
    long point = 0;
};

Decimal decimal(const char *place, const char *end) {
    Decimal number;
    bool is_fraction = false;
    for (; place < end && *place != 'e' && *place != 'E'; ++place) {
        if (is_digit(*place)) {
            number.digits += *place;
            if (!is_fraction) ++number.point;
        } else if (*place == '.') {
            is_fraction = true;
        }
    }
    size_t leading = number.digits.find_first_not_of('0');
    if (leading == std::string::npos) return {};
    number.digits = number.digits.substr(leading, number.digits.find_last_not_of('0') + 1 - leading);
    number.point -= long(leading);
    if (place == end) return number;
    ++place;
    if (*place == '+') ++place;
    long power = 0;
    // No text is so long that its digits outweigh a power that does not fit.
    constexpr long far = 1L << 48;
    if (std::from_chars(place, end, power).ec != std::errc()) power = *place == '-' ? -far : far;
    number.point += power > far ? far : power < -far ? -far : power;
    return number;
}

template <typename Integer>
lockedh5_read_status parse_digits(const char *place, const char *end, Integer &value) {
    // "-0" is a number, also without a sign.
    if (std::is_unsigned<Integer>::value && *place == '-') {
        bool is_zero = std::find_if(place + 1, end, [](char digit) { return digit != '0'; }) == end;
        return value = 0, is_zero ? LOCKEDH5_READ_DONE : LOCKEDH5_READ_OUT_OF_RANGE;
    }
    auto result = std::from_chars(place, end, value);
    return result.ec == std::errc() ? LOCKEDH5_READ_DONE : LOCKEDH5_READ_OUT_OF_RANGE;
}

/// Integers; also those with a fraction or an exponent, such as 1.50e3.
template <typename Integer>
lockedh5_read_status parse_integer(const char *place, Token token, Integer &value) {
    if (token.is_integer) return parse_digits(place, token.end, value);
    Decimal number = decimal(place, token.end);
    if (number.digits.empty()) return value = 0, LOCKEDH5_READ_DONE;
    if (number.point < long(number.digits.size())) return LOCKEDH5_READ_NOT_WHOLE;
    if (number.point > 20) return LOCKEDH5_READ_OUT_OF_RANGE;
    number.digits.resize(size_t(number.point), '0');
    if (*place == '-') number.digits.insert(0, 1, '-');
    return parse_digits(number.digits.data(), number.digits.data() + number.digits.size(), value);
}

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
// Apple's library reads floats as a C library does, and not from characters.
inline float read_real(const char *text, char **end, float) { return strtof_l(text, end, nullptr); }
inline double read_real(const char *text, char **end, double) { return strtod_l(text, end, nullptr); }

template <typename Real> bool read_real(const char *place, const char *end, Real &value) {
    std::string text(place, end);
    errno = 0;
    value = read_real(text.c_str(), nullptr, Real());
    return errno != ERANGE;
}
#else
template <typename Real> bool read_real(const char *place, const char *end, Real &value) {
    return std::from_chars(place, end, value).ec == std::errc();
}
#endif

template <typename Real> lockedh5_read_status parse_real(const char *place, Token token, Real &value) {
    if (read_real(place, token.end, value)) return std::isfinite(value) ? LOCKEDH5_READ_DONE : LOCKEDH5_READ_OUT_OF_RANGE;
    // What is out of range is either too large or so small that zero is nearest.
    if (decimal(place, token.end).point > 0) return LOCKEDH5_READ_OUT_OF_RANGE;
    value = *place == '-' ? -Real(0) : Real(0);
    return LOCKEDH5_READ_DONE;
}

template <typename To, typename From> To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From), "a bit pattern keeps its size");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

template <typename Integer> struct IntegerReader {
    using Bits = std::make_unsigned_t<Integer>;
    lockedh5_read_status operator()(const char *place, Token token, Bits &bits) const {
        Integer value = 0;
        auto status = parse_integer(place, token, value);
        bits = static_cast<Bits>(value);
        return status;
    }
};

template <typename Real, typename RealBits> struct RealReader {
    using Bits = RealBits;
    lockedh5_read_status operator()(const char *place, Token token, Bits &bits) const {
        Real value = 0;
        auto status = parse_real(place, token, value);
        bits = bit_cast<Bits>(value);
        return status;
    }
};

struct HalfReader {
    using Bits = uint16_t;
    lockedh5_read_status operator()(const char *place, Token token, Bits &bits) const {
        double value = 0;
        auto status = parse_real(place, token, value);
        bits = lockedh5::half_from(value);
        return status == LOCKEDH5_READ_DONE && !lockedh5::half_is_finite(bits) ? LOCKEDH5_READ_OUT_OF_RANGE : status;
    }
};

inline uint8_t swapped(uint8_t bits) { return bits; }
inline uint16_t swapped(uint16_t bits) { return __builtin_bswap16(bits); }
inline uint32_t swapped(uint32_t bits) { return __builtin_bswap32(bits); }
inline uint64_t swapped(uint64_t bits) { return __builtin_bswap64(bits); }

const char *skip_space(const char *place, const char *end) {
    while (place < end && (*place == ' ' || *place == '\n' || *place == '\r' || *place == '\t')) ++place;
    return place;
}

/// Where the next number of the list begins; null where something else follows the last one.
const char *next_number(const char *place, const char *end) {
    place = skip_space(place, end);
    if (place == end || *place != ',') return nullptr;
    place = skip_space(place + 1, end);
    return place < end && (is_digit(*place) || *place == '-') ? place : nullptr;
}

template <typename Reader>
lockedh5_read_status read_all(
    bool is_swapped, const char *text, const char *end, lockedh5_read_run *run, const Reader &read) {
    auto *element = static_cast<unsigned char *>(run->elements);
    const char *place = text;
    for (size_t index = 0; index < run->capacity && place != nullptr; ++index) {
        Token token = scan(place, end);
        typename Reader::Bits bits = 0;
        auto status = token.end ? read(place, token, bits) : LOCKEDH5_READ_MALFORMED;
        if (status != LOCKEDH5_READ_DONE) {
            run->failure = size_t(place - text);
            run->failure_length = token.end ? size_t(token.end - place) : 0;
            return status;
        }
        if (is_swapped) bits = swapped(bits);
        std::memcpy(element, &bits, sizeof bits);
        element += sizeof bits;
        run->count = index + 1;
        run->length = size_t(token.end - text);
        place = next_number(token.end, end);
    }
    return LOCKEDH5_READ_DONE;
}

}  // namespace

lockedh5_read_status lockedh5_read_numbers(
    const lockedh5_number_format *format, const char *text, size_t length, lockedh5_read_run *run) {
    const char *end = text + length;
    bool is_swapped = (format->is_big_endian != 0) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    run->count = run->length = run->failure = run->failure_length = 0;
    switch (format->number_class * 16 + format->size) {
    case LOCKEDH5_SIGNED * 16 + 1: return read_all(is_swapped, text, end, run, IntegerReader<int8_t>());
    case LOCKEDH5_SIGNED * 16 + 2: return read_all(is_swapped, text, end, run, IntegerReader<int16_t>());
    case LOCKEDH5_SIGNED * 16 + 4: return read_all(is_swapped, text, end, run, IntegerReader<int32_t>());
    case LOCKEDH5_SIGNED * 16 + 8: return read_all(is_swapped, text, end, run, IntegerReader<int64_t>());
    case LOCKEDH5_UNSIGNED * 16 + 1: return read_all(is_swapped, text, end, run, IntegerReader<uint8_t>());
    case LOCKEDH5_UNSIGNED * 16 + 2: return read_all(is_swapped, text, end, run, IntegerReader<uint16_t>());
    case LOCKEDH5_UNSIGNED * 16 + 4: return read_all(is_swapped, text, end, run, IntegerReader<uint32_t>());
    case LOCKEDH5_UNSIGNED * 16 + 8: return read_all(is_swapped, text, end, run, IntegerReader<uint64_t>());
    case LOCKEDH5_REAL * 16 + 2: return read_all(is_swapped, text, end, run, HalfReader());
    case LOCKEDH5_REAL * 16 + 4: return read_all(is_swapped, text, end, run, RealReader<float, uint32_t>());
    case LOCKEDH5_REAL * 16 + 8: return read_all(is_swapped, text, end, run, RealReader<double, uint64_t>());
    default: return LOCKEDH5_READ_MALFORMED;
    }
}
