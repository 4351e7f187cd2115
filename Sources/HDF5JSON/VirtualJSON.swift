package import H5Model
package import HTTPMessage

/// The parts of a virtual dataset as JSON: `{"sources": [{"file", "path", "source", "target"}, ...]}`.
///
/// Selections are text where that says everything, `0:10,3:4:2`, else a list of `[start, stride, count, block]`, one a
/// dimension, in which a count of null is without limit.
package enum VirtualJSON {
    package static func write(_ sources: [VirtualSource], to json: inout JSONWriter) {
        json.object { json in
            json.key("sources")
            json.array { json in
                for source in sources {
                    json.object { json in
                        json.member("file", name: source.file)
                        json.member("path", name: source.path)
                        json.key("source")
                        write(source.source, to: &json)
                        json.key("target")
                        write(source.target, to: &json)
                    }
                }
            }
        }
    }

    private static func write(_ selection: MappedSelection, to json: inout JSONWriter) {
        guard let spans = selection.spans else {
            if selection == .all { return json.string("...") }
            return json.null()
        }
        let slices = spans.map(\.slice)
        if !slices.contains(nil) { return json.string(slices.compactMap(\.self).joined(separator: ",")) }
        json.array { json in
            for span in spans {
                json.array { json in
                    json.integer(span.start)
                    json.integer(span.stride)
                    if let count = span.count { json.integer(count) } else { json.null() }
                    json.integer(span.block)
                }
            }
        }
    }

    /// - Parameter shape: The virtual dataset's.
    /// - Throws: `invalid`, `out_of_bounds`.
    package static func read(_ json: JSONTree, shape: Shape) throws(ServiceError) -> [VirtualSource] {
        guard case .object(let members) = json, members.map(\.name) == [Array("sources".utf8)],
            case .list(let list)? = json["sources"], !list.isEmpty
        else {
            throw ServiceError(
                .invalid,
                "\"virtual\" is {\"sources\": [{\"file\": \".\", \"path\": \"/d\", \"source\": \"0:10\", \"target\": \"0,:\"}]}"
            )
        }
        var sources: [VirtualSource] = []
        for (index, element) in list.enumerated() {
            do throws(ServiceError) {
                sources.append(try source(element, shape))
            } catch {
                throw ServiceError(error.code, "source \(index): \(error.message)")
            }
        }
        return sources
    }

    private static let known = ["file", "fileBase64", "path", "pathBase64", "source", "target", "shape"]

    private static func source(_ json: JSONTree, _ shape: Shape) throws(ServiceError) -> VirtualSource {
        guard case .object(let members) = json else {
            throw ServiceError(.invalid, "it is \(json.summary), not an object")
        }
        if let member = members.first(where: { !known.contains(String(decoding: $0.name, as: UTF8.self)) }) {
            let name = String(decoding: member.name, as: UTF8.self).abbreviated
            throw ServiceError(.invalid, "unknown key \"\(name)\"; the known ones are \(known.joined(separator: ", "))")
        }
        let (target, targetShape) = try selection(json["target"], of: shape, wholly: shape)
        let sourceShape = try json["shape"].map { json throws(ServiceError) in
            guard let shape = json.shape else { throw ServiceError(.invalid, "its \"shape\" is no list of extents") }
            return shape
        }
        let (source, _) = try selection(json["source"], of: sourceShape, wholly: targetShape)
        return VirtualSource(
            file: try name("file", json), path: try name("path", json), source: source, target: target)
    }

    private static func name(_ key: String, _ json: JSONTree) throws(ServiceError) -> [UInt8] {
        if let text = json[key + "Base64"]?.text {
            guard let bytes = Base64.decode(Array(text.utf8)) else {
                throw ServiceError(.invalid, "its \"\(key)Base64\" is not base64")
            }
            return bytes
        }
        guard case .string(let bytes)? = json[key] else { throw ServiceError(.invalid, "it needs the key \"\(key)\"") }
        return bytes
    }

    /// The selection, and its shape without the dimensions that a single index chose.
    /// - Parameters:
    ///   - shape: Nil where it is not known: then each dimension ends with its slice, and an open one takes as many
    ///     elements as the next of `wholly` has.
    private static func selection(
        _ json: JSONTree?, of shape: Shape?, wholly: Shape
    ) throws(ServiceError) -> (MappedSelection, Shape) {
        switch json {
        case nil, .null?:
            let whole = Hyperslab(all: shape ?? wholly)
            return (try MappedSelection(whole), whole.resultShape)
        case .list(let list)?:
            var spans: [BlockSpan] = []
            for element in list { spans.append(try BlockSpan(element)) }
            return (.blocks(spans), spans.map { ($0.count ?? 1) * $0.block })
        case .string(let text)?:
            let expression = try SelectionExpression(parsing: String(decoding: text, as: UTF8.self))
            let slab: Hyperslab
            if let shape {
                slab = try expression.resolved(in: shape)
            } else {
                slab = try expression.resolved(filling: wholly)
            }
            return (try MappedSelection(slab), slab.resultShape)
        case let other?:
            throw ServiceError(
                .invalid, "a selection is text or a list of [start, stride, count, block], not \(other.summary)")
        }
    }
}

extension BlockSpan {
    /// As a slice; nil where none says it.
    fileprivate var slice: String? {
        guard let count else { return nil }
        if count == 1 || stride == block { return "\(start):\(start + count * block)" }
        return block == 1 ? "\(start):\(start + (count - 1) * stride + 1):\(stride)" : nil
    }

    /// - Throws: `invalid`.
    fileprivate init(_ json: JSONTree) throws(ServiceError) {
        guard case .list(let numbers) = json, numbers.count == 4,
            let start = numbers[0].integer, let stride = numbers[1].integer, let block = numbers[3].integer,
            numbers[2] == .null || numbers[2].integer != nil,
            max(start, stride, block, numbers[2].integer ?? 0) < 1 << 31
        else {
            throw ServiceError(
                .invalid, "a dimension of a selection is [start, stride, count or null, block], not \(json.summary)")
        }
        self.init(start: start, stride: stride, count: numbers[2].integer, block: block)
    }
}

extension SelectionExpression {
    /// What the expression, which names every dimension, selects of a shape that is not known: an open dimension has as
    /// many elements as the next of `target`.
    /// - Throws: `invalid` where that takes the shape.
    fileprivate func resolved(filling target: Shape) throws(ServiceError) -> Hyperslab {
        let isOpen = items.count { if case .index = $0 { false } else { $0 != .ellipsis } }
        let whole = Array(repeating: Item.slice(start: nil, stop: nil, step: nil), count: max(target.count - isOpen, 0))
        var full = items
        if let place = full.firstIndex(of: .ellipsis) { full.replaceSubrange(place...place, with: whole) }
        var slab = Hyperslab(spans: [])
        var rest = target[...]
        for (dimension, item) in full.enumerated() {
            if case .index(let index) = item, index >= 0 {
                slab.droppedDimensions.insert(dimension)
                slab.spans.append(Span(start: index, count: 1))
                continue
            }
            let wanted = rest.popFirst()
            guard case .slice(let start, let stop, let step) = item, start ?? 0 >= 0, stop ?? 0 >= 0 else {
                throw ServiceError(.invalid, "a source from whose end is counted needs its \"shape\"")
            }
            let (first, stride) = (start ?? 0, step ?? 1)
            guard let count = stop.map({ max($0 - first + stride - 1, 0) / stride }) ?? wanted else {
                throw ServiceError(.invalid, "a source with more dimensions than its target needs its \"shape\"")
            }
            slab.spans.append(Span(start: first, stride: stride, count: count))
        }
        return slab
    }
}
