/// The `Prefer` field (RFC 7240).
public enum Prefer {
    /// The seconds of a `wait` preference, the time that the client is willing to wait for the whole answer.
    ///
    /// Nil where there is none or it is no non-negative integer: preferences that are not understood are ignored.
    public static func waitSeconds(_ field: String?) -> Int? {
        guard let field else { return nil }
        for preference in field.split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let text = preference.filter { $0 != " " && $0 != "\"" }.lowercased()
            if text.hasPrefix("wait="), let seconds = Int(text.dropFirst("wait=".count)), seconds >= 0 {
                return seconds
            }
        }
        return nil
    }
}
