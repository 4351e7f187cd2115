import CNumbers

/// How values look as JSON.
package struct ValueOptions: Equatable {
    /// NaN and the infinities: as strings, null, or the literals NaN and Infinity, which are not JSON.
    package enum NotANumber: String, CaseIterable, Sendable {
        case string, null, literal
    }

    /// Rows of a compound: objects, arrays without names, or an object of one list a field.
    package enum Rows: String, CaseIterable, Sendable {
        case object, array, columns
    }

    package var notANumber = NotANumber.string
    /// Whether 8-byte integers are strings, for readers whose only number is a double.
    package var hasStringsForInt64 = false
    package var rows = Rows.object

    package init(notANumber: NotANumber = .string, hasStringsForInt64: Bool = false, rows: Rows = .object) {
        self.notANumber = notANumber
        self.hasStringsForInt64 = hasStringsForInt64
        self.rows = rows
    }
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
