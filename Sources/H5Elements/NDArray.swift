public import H5Model

/// Elements with their shape: `[]` is one element, `[n]` a list.
public struct NDArray<Element> {
    /// The extents, slowest varying dimension first.
    public let shape: Shape
    /// As many as the extents' product, row-major.
    public var elements: [Element]

    /// - Throws: `invalid` where the shape has another number of elements.
    public init(shape: Shape, _ elements: [Element]) throws(ServiceError) {
        guard shape.allSatisfy({ $0 >= 0 }), shape.elementCount == elements.count else {
            throw ServiceError(.invalid, "\(elements.count) elements do not have the shape \(shape)")
        }
        self.shape = shape
        self.elements = elements
    }

    /// One element, without dimensions.
    public init(scalar element: Element) {
        shape = []
        elements = [element]
    }

    /// A list.
    public init(_ elements: [Element]) {
        shape = [elements.count]
        self.elements = elements
    }

    /// One element by its index in each dimension, from 0.
    public subscript(_ indices: Int...) -> Element {
        get { elements[place(indices)] }
        set { elements[place(indices)] = newValue }
    }

    private func place(_ indices: [Int]) -> Int {
        precondition(indices.count == shape.count, "\(indices.count) indices in \(shape.count) dimensions")
        return zip(indices, shape).reduce(0) { place, axis in
            precondition(axis.0 >= 0 && axis.0 < axis.1, "index \(axis.0) in an extent of \(axis.1)")
            return place * axis.1 + axis.0
        }
    }
}

extension NDArray: Equatable where Element: Equatable {}
extension NDArray: Sendable where Element: Sendable {}

extension NDArray {
    package var dataspace: Dataspace { shape.isEmpty ? .scalar : .simple(shape, maximum: shape) }
}

extension NDArray where Element: H5Elements.Element {
    /// The elements that travel as `bytes`.
    package init(
        _ bytes: [UInt8], shape: Shape, as type: Datatype, _ conversion: Conversion, _ subject: String
    ) throws(ServiceError) {
        var source = ElementSource(bytes, conversion: conversion, subject: subject)
        guard let count = shape.elementCount else {
            throw ServiceError(.tooLarge, "\(subject) has more elements than can be counted")
        }
        try self.init(shape: shape, try Element.take(count, from: &source, as: type))
    }

    /// The elements as they travel.
    package func bytes(as type: Datatype, _ conversion: Conversion, _ subject: String) throws(ServiceError) -> [UInt8] {
        var sink = ElementSink(conversion: conversion, subject: subject)
        try Element.append(elements, to: &sink, as: type)
        return sink.bytes
    }
}
