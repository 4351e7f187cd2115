import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

/// A change of values in one step, also by what they are: `{"add": 1}`, `{"compare": 1, "set": 2}`, or of elements that
/// the body chooses `{"points": [[0, 1]], "set": 2}`.
struct ValuesUpdate {
    var elements: ElementChoice
    /// Whether the body chooses them; then what they are need not count.
    let hasOwnChoice: Bool
    var fields: [HDF5Name]
    var body: RequestBody

    private static let members = ["add", "compare", "set"] + ElementChoice.members

    /// - Throws: `invalid`, `too_large`.
    init(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) {
        let choice = try BodyMembers.read(body, known: Self.members) { members throws(ServiceError) in
            try ElementChoice(members)
        }
        if choice != nil, request.query.first("select") != nil {
            throw ServiceError(.invalid, "elements are chosen twice: with select= and in the body")
        }
        elements = if let choice { choice } else { try ElementChoice(request.query) }
        hasOwnChoice = choice != nil
        fields = request.query.all("field").map(HDF5Name.init(bytes:))
        self.body = body
    }

    /// The new values of elements.
    /// - Parameters:
    ///   - shape: The shape of what is chosen.
    ///   - current: Reads what they are.
    /// - Throws: `invalid`, `precondition_failed` where they are others than `compare` says, `unsupported`,
    ///   `out_of_bounds` for a sum that the datatype cannot hold; what `current` throws.
    func values(
        _ type: Datatype, _ shape: Shape, _ object: ObjectPath, current: () throws(ServiceError) -> Value
    ) throws(ServiceError) -> Value {
        try BodyMembers.read(body, known: Self.members) { members throws(ServiceError) in
            let decoder = try ValueDecoder(type, takesColumn: fields.count == 1)
            func value(_ source: JSONSource) throws(ServiceError) -> Value {
                try decoder.decode(source, rank: shape.count).broadcast(to: shape)
            }
            switch (members["add"], members["compare"], members["set"]) {
            case (let term?, nil, nil):
                let addition = try Addition(type, object)
                return try addition.sum(try current(), try value(term))
            case (nil, let expected?, let new?):
                guard try value(expected).bytes == current().bytes else {
                    throw ServiceError(.preconditionFailed, "the values of \(object) are not those to compare with")
                }
                return try value(new)
            case (nil, nil, let new?) where hasOwnChoice && !members.isNull("compare"):
                return try value(new)
            default:
                throw ServiceError(
                    .invalid,
                    "the body is {\"add\": ...}, {\"compare\": ..., \"set\": ...}, or {\"points\": ..., \"set\": ...}")
            }
        }
    }
}

extension NativeDialect {
    // PATCH /v1/values/FILE/PATH
    static func updateValues(
        _ request: WorkerRequest, _ update: ValuesUpdate, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let object = request.object
        let (new, tag) = try file.withDataset(at: object) { dataset throws(ServiceError) in
            let type = try ValuesPlan.wire(object, update.fields, dataset.datatype.packed())
            guard let selection = try ValuesPlan.selection(object, update.elements, dataset.dataspace) else {
                throw ServiceError(.invalid, "\(object) has a null dataspace, which holds no values")
            }
            let new = try update.values(type, selection.resultShape, object) { () throws(ServiceError) in
                try file.contents.withDataset(at: object) { dataset throws(ServiceError) in
                    try dataset.read(selection, as: type, limit: limits.value)
                }
            }
            guard new.bytes.count <= limits.value else {
                throw ServiceError(.tooLarge, "\(object): a change has at most \(limits.value) bytes of values")
            }
            try dataset.writer(selection, as: type, limits).write(new) { run, bytes throws(ServiceError) in
                try dataset.write(run, as: type, bytes)
            }
            return (new, update.hasOwnChoice ? nil : try contentTag(of: new, request, dataset))
        }
        let text = try ValueJSON.text(new, options: try ValueOptions(request.query))
        var answer = try WorkerAnswer.json(
            request, fields: ValueFields.make(datatype: new.datatype, shape: new.shape), text)
        // The body is JSON, whatever the client would read.
        answer.contentTag = tag
        return answer
    }
}

/// Adds elements of one datatype of numbers, exactly or not at all.
private struct Addition {
    private typealias Sum = (UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?
    private let add: Sum
    private let object: ObjectPath

    /// - Throws: `unsupported`.
    init(_ type: Datatype, _ object: ObjectPath) throws(ServiceError) {
        self.object = object
        switch type {
        case .integer(let type) where type.bits == nil:
            let isBig = type.order == .big
            switch (type.size, type.isSigned) {
            case (1, true): add = Self.integers(Int8.self, isBig)
            case (2, true): add = Self.integers(Int16.self, isBig)
            case (4, true): add = Self.integers(Int32.self, isBig)
            case (8, true): add = Self.integers(Int64.self, isBig)
            case (1, false): add = Self.integers(UInt8.self, isBig)
            case (2, false): add = Self.integers(UInt16.self, isBig)
            case (4, false): add = Self.integers(UInt32.self, isBig)
            default: add = Self.integers(UInt64.self, isBig)
            }
        case .float(let type) where type.size == 4:
            add = Self.floats(UInt32.self, type.order == .big) {
                (Float(bitPattern: $0) + Float(bitPattern: $1)).bitPattern
            }
        case .float(let type) where type.size == 8:
            add = Self.floats(UInt64.self, type.order == .big) {
                (Double(bitPattern: $0) + Double(bitPattern: $1)).bitPattern
            }
        default:
            throw ServiceError(
                .unsupported,
                "\(object) has another datatype than integers and floats of 32 and 64 bits: add is for these")
        }
    }

    func sum(_ first: Value, _ second: Value) throws(ServiceError) -> Value {
        var sum = first
        let overflow = first.bytes.withUnsafeBytes { first in
            second.bytes.withUnsafeBytes { second in sum.bytes.withUnsafeMutableBytes { add(first, second, $0) } }
        }
        guard let overflow else { return sum }
        throw ServiceError(
            .outOfBounds, "the sum of element \(overflow) of the selection of \(object) does not fit its datatype")
    }

    private static func integers<Number: FixedWidthInteger>(_: Number.Type, _ isBig: Bool) -> Sum {
        { first, second, sum in
            for (index, place) in stride(from: 0, to: first.count, by: MemoryLayout<Number>.size).enumerated() {
                let (total, isOver) = load(Number.self, first, place, isBig)
                    .addingReportingOverflow(load(Number.self, second, place, isBig))
                if isOver { return index }
                sum.storeBytes(of: isBig ? total.bigEndian : total.littleEndian, toByteOffset: place, as: Number.self)
            }
            return nil
        }
    }

    private static func floats<Bits: FixedWidthInteger>(
        _: Bits.Type, _ isBig: Bool, _ add: @escaping (Bits, Bits) -> Bits
    ) -> Sum {
        { first, second, sum in
            for place in stride(from: 0, to: first.count, by: MemoryLayout<Bits>.size) {
                let total = add(load(Bits.self, first, place, isBig), load(Bits.self, second, place, isBig))
                sum.storeBytes(of: isBig ? total.bigEndian : total.littleEndian, toByteOffset: place, as: Bits.self)
            }
            return nil
        }
    }

    private static func load<Number: FixedWidthInteger>(
        _: Number.Type, _ bytes: UnsafeRawBufferPointer, _ place: Int, _ isBig: Bool
    ) -> Number {
        let raw = bytes.loadUnaligned(fromByteOffset: place, as: Number.self)
        return isBig ? Number(bigEndian: raw) : Number(littleEndian: raw)
    }
}
