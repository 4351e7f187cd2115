import H5Model

extension Value {
    /// The same value with every number in `order`; nil leaves it as it is.
    /// - Throws: `internal` where the bytes are not what the datatype says.
    func reordered(to order: ByteOrder?) throws(ServiceError) -> Value {
        let wanted = datatype.packed(order: order)
        if wanted == datatype { return self }
        var swapped: [UInt8] = []
        swapped.reserveCapacity(bytes.count)
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var elements = ElementReader(UnsafeRawBufferPointer(bytes))
            while !elements.isAtEnd {
                try datatype.copy(&elements, as: wanted, to: &swapped)
            }
        }
        return Value(datatype: wanted, shape: shape, bytes: swapped)
    }
}

extension Datatype {
    /// Copies the next element, whose numbers are reversed where `wanted` has the other order.
    fileprivate func copy(
        _ elements: inout ElementReader, as wanted: Datatype, to bytes: inout [UInt8]
    ) throws(ServiceError) {
        switch (self, wanted) {
        case (.compound(let stored), .compound(let wanted)):
            for (field, target) in zip(stored.fields, wanted.fields) {
                try field.type.copy(&elements, as: target.type, to: &bytes)
            }
        case (.variableString, _):
            let text = try elements.takeCounted()
            withUnsafeBytes(of: Int32(text.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: text)
        default:
            let element = try elements.take(size)
            if self == wanted {
                bytes.append(contentsOf: element)
            } else {
                bytes.append(contentsOf: element.reversed())
            }
        }
    }
}
