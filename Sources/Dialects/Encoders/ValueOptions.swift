import CNumbers

/// How values look as JSON.
struct ValueOptions: Equatable {
    /// NaN and the infinities: as strings, null, or the literals NaN and Infinity, which are not JSON.
    enum NotANumber: String, CaseIterable {
        case string, null, literal
    }

    /// Rows of a compound: objects, arrays without names, or an object of one list a field.
    enum Rows: String, CaseIterable {
        case object, array, columns
    }

    var notANumber = NotANumber.string
    /// Whether 8-byte integers are strings, for readers whose only number is a double.
    var hasStringsForInt64 = false
    var rows = Rows.object
}

extension ValueOptions {
    var nanStyle: lockedh5_nan_style {
        switch notANumber {
        case .string: LOCKEDH5_NAN_STRING
        case .null: LOCKEDH5_NAN_NULL
        case .literal: LOCKEDH5_NAN_LITERAL
        }
    }
}
