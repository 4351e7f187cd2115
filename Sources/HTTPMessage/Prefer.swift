/// The `Prefer` field (RFC 7240).
public enum Prefer {
    /// Whether the client prefers not to wait for the work that it asks for (`respond-async`).
    public static func respondsAsync(_ field: String?) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { $0.filter { $0 != " " }.lowercased() == "respond-async" }
    }

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
