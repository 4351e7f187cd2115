public import H5Model
public import HTTPMessage

extension JSONTree {
    /// A list of extents; nil for anything else.
    public var shape: Shape? {
        guard case .list(let elements) = self else { return nil }
        let extents = elements.compactMap(\.integer)
        return extents.count == elements.count && extents.allSatisfy { $0 >= 0 } ? extents : nil
    }

    /// A list of extents, null in it without limit; nil for anything else.
    public var maximumShape: [Int?]? {
        guard case .list(let elements) = self else { return nil }
        var extents: [Int?] = []
        for element in elements {
            guard element == .null || (element.integer ?? -1) >= 0 else { return nil }
            extents.append(element.integer)
        }
        return extents
    }
}
