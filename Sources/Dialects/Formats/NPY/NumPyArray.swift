import H5Model
import HDF5JSON
import Routes

/// An array in NumPy's format: what its header tells, and its elements.
struct NumPyArray {
    /// The elements' type, with the padding between the fields of a compound.
    private(set) var datatype: Datatype
    private(set) var shape: Shape
    /// Whether the first index runs fastest.
    let isFortran: Bool
    /// The elements, one after another.
    let elements: BodyBytes

    /// A longer header is refused before it is read.
    private static let longestHeader = 1 << 20
    private static let keys = ["descr", "fortran_order", "shape"]

    /// Reads the header of a body.
    /// - Throws: `invalid` for what is no NPY file, `unsupported` for a dtype that HDF5 has none for.
    init(_ body: BodyBytes) throws(ServiceError) {
        let (text, end) = try Self.header(body)
        let members = try Self.members(text)
        guard let descr = members["descr"], let shape = members["shape"]?.shape, case .tuple? = members["shape"],
            case .boolean(let isFortran)? = members["fortran_order"]
        else {
            throw Self.refused(
                "'shape' is to be a tuple of extents from 0 on, and 'fortran_order' True or False")
        }
        guard shape.count <= ValueDecoder.mostDimensions else {
            throw Self.refused("\(shape.count) dimensions are more than HDF5's \(ValueDecoder.mostDimensions)")
        }
        datatype = try NumPyDtype.datatype(descr)
        self.shape = shape
        // Both orders are one where there is no second dimension.
        self.isFortran = isFortran && shape.count > 1
        elements = body.dropFirst(end)
        let size = datatype.size
        let (count, overflow) = (shape.elementCount ?? .max).multipliedReportingOverflow(by: size)
        guard !overflow, count == elements.count else {
            throw ServiceError(
                .invalid,
                "the body has \(elements.count) bytes behind its header, which tells of the shape \(shape) with elements of "
                    + "\(size) bytes")
        }
    }

    /// The header's text, and where the elements begin.
    private static func header(_ body: BodyBytes) throws(ServiceError) -> (text: [Unicode.Scalar], end: Int) {
        let start = try body.withBytes(0..<min(body.count, NumPyHeader.prefix + 4)) { bytes in Array(bytes) }
        guard start.starts(with: NumPyHeader.magic), start.count == NumPyHeader.prefix + 4 else {
            throw ServiceError(.invalid, "the body is no NPY file: it does not begin with \\x93NUMPY and a version")
        }
        let version = start[NumPyHeader.magic.count]
        guard (1...3).contains(version), start[NumPyHeader.magic.count + 1] == 0 else {
            throw ServiceError(
                .invalid,
                "the body is of version \(version).\(start[NumPyHeader.magic.count + 1]) of the NPY format; 1.0, 2.0 and 3.0 "
                    + "are known")
        }
        let lengthSize = version == 1 ? 2 : 4
        let length = start[NumPyHeader.prefix...].prefix(lengthSize).reversed().reduce(0) { $0 << 8 | Int($1) }
        let begin = NumPyHeader.prefix + lengthSize
        guard length <= longestHeader else {
            throw refused("it has \(length) bytes, and at most \(longestHeader) are read")
        }
        guard begin + length <= body.count else {
            throw refused("it has \(length) bytes, more than the body")
        }
        let bytes = try body.withBytes(begin..<begin + length) { bytes in Array(bytes) }
        if version < 3 { return (bytes.map(Unicode.Scalar.init), begin + length) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw refused("it is not UTF-8") }
        return (Array(text.unicodeScalars), begin + length)
    }

    private static func members(_ text: [Unicode.Scalar]) throws(ServiceError) -> [String: PythonLiteral] {
        let literal: PythonLiteral
        do {
            literal = try PythonLiteral(parsing: text)
        } catch {
            throw refused("\(error.reason) at its character \(error.place + 1)")
        }
        guard case .dictionary(let members) = literal, members.keys.sorted() == keys else {
            throw refused("it is to be a dictionary of exactly \(keys.map { "'\($0)'" }.joined(separator: ", "))")
        }
        return members
    }

    /// The array for a datatype of arrays: NumPy has their extents as the last ones of the shape.
    func matching(_ type: Datatype) -> NumPyArray {
        let extents = type.innermost.shape
        guard !extents.isEmpty, shape.suffix(extents.count).elementsEqual(extents) else { return self }
        var array = self
        array.shape = Array(shape.dropLast(extents.count))
        array.datatype = .array(of: datatype, shape: extents)
        return array
    }

    static func refused(_ reason: String) -> ServiceError {
        ServiceError(.invalid, "the header of the NPY file: \(reason)")
    }
}
