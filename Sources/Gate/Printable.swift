extension String {
    /// The text for a log: control characters, which could forge lines or drive a terminal, become `?`.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }
}
