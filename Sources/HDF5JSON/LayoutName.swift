package import H5Model

/// The layouts' names.
package enum LayoutName: String, CaseIterable {
    case compact, contiguous, chunked, virtual, external

    package init(_ layout: Layout) {
        switch layout {
        case .compact: self = .compact
        case .contiguous: self = .contiguous
        case .chunked: self = .chunked
        case .virtual: self = .virtual
        case .externalStorage: self = .external
        }
    }
}
