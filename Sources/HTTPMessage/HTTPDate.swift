/// Dates as HTTP's fields have them (RFC 9110, 5.6.7).
public enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Parameter seconds: Since 1970; times before 1707 and after 2242 are told as these.
    public static func text(seconds: Int) -> String {
        let seconds = min(max(seconds, -8_300_000_000), 8_300_000_000)
        // 1994-11-06T08:49:37Z
        let parts = Timestamp.rfc3339(nanoseconds: seconds * 1_000_000_000).split { "-T:Z".contains($0) }
        let day = days[((seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400 % 7 + 7) % 7]
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) GMT"
    }

    /// The seconds since 1970; nil where `text` is in none of the three forms that a recipient must understand.
    public static func seconds(_ text: some StringProtocol) -> Int? {
        var parts = String(text).split(whereSeparator: { " ,-:".contains($0) }).map(String.init)
        guard parts.count >= 7 else { return nil }
        // Sun Nov  6 08:49:37 1994, the form of C's asctime.
        if parts.count == 7 { parts = [parts[0], parts[2], parts[1], parts[6], parts[3], parts[4], parts[5], "GMT"] }
        guard parts.count == 8, parts[7] == "GMT", let day = number(parts[1], 1...31),
            let month = months.firstIndex(of: parts[2]), var year = number(parts[3], 0...9999),
            let hour = number(parts[4], 0...23), let minute = number(parts[5], 0...59),
            let second = number(parts[6], 0...60)
        else { return nil }
        // Two digits of a year: the past one, where it seems to be more than 50 years ahead.
        if parts[3].count == 2 { year += year < 76 ? 2000 : 1900 }
        return Timestamp.days(year: year, month: month + 1, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
}
