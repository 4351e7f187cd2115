/// What a resource can be represented as, by the name in `format=`.
public enum Representation: String, CaseIterable, Sendable {
    case json
    case octetStream = "octet-stream"
    case npy, csv, png
    case lines = "ndjson"

    public var mediaType: String {
        switch self {
        case .json: "application/json"
        case .octetStream: "application/octet-stream"
        case .npy: "application/x-npy"
        case .csv: "text/csv"
        case .png: "image/png"
        case .lines: "application/x-ndjson"
        }
    }

    /// The field `Content-Type`: text of other types than JSON's says its encoding, which few readers take for UTF-8.
    public var contentType: String { self == .csv ? mediaType + "; charset=utf-8" : mediaType }

    /// Whether it is text, which is worth compressing.
    public var isText: Bool { [.json, .csv, .lines].contains(self) }

    /// What begins the tag of contents in this form; nil of a form in which different values look alike, so that its
    /// tags must not guard a change.
    var letter: Character? {
        switch self {
        case .json: "j"
        case .octetStream: "o"
        case .npy: "n"
        case .csv: "c"
        case .png: nil
        case .lines: "l"
        }
    }
}
