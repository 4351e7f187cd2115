import H5Model
import HDF5
import Testing

@testable import LockedH5

/// A new file in a folder of its own; each use of it leaves no identifier of libhdf5 open.
struct Scratch {
    static let bounds = [FormatVersion.earliest, .v110]

    let path: String

    init(_ low: FormatVersion = .v110) throws {
        path = try Copy.folder() + "/scratch.h5"
        try LockedFile.write(path, mode: .create, creation: FileCreation(libver: (low, .v110))) {
            _ throws(ServiceError) in
        }
    }

    init(copyOf fixture: String) throws {
        path = try Copy(fixture).path
    }

    @discardableResult
    func write<R>(_ body: (borrowing WritableFile) throws(ServiceError) -> R) throws -> R {
        try counted { () throws(ServiceError) in try LockedFile.write(path, body) }
    }

    func read<R>(_ body: (borrowing ReadableFile) throws(ServiceError) -> R) throws -> R {
        try counted { () throws(ServiceError) in try LockedFile.read(path, body) }
    }

    /// The failure of a write, which has not changed a byte of the file.
    func refusal(_ body: (borrowing WritableFile) throws(ServiceError) -> Void) throws -> ServiceError {
        let before = try state()
        let error = try failure { try write(body) }
        #expect(try state() == before)
        return error
    }

    private func state() throws -> Copy.State {
        try Copy(at: path).state()
    }

    private func counted<R>(_ body: () throws(ServiceError) -> R) throws -> R {
        try LockedFile.prepare()
        return try ProcessLock.withLock {
            let before = openIdentifierCounts()
            defer { #expect(openIdentifierCounts() == before) }
            return try body()
        }
    }

    func value(_ path: ObjectPath) throws -> Value {
        try read { file throws(ServiceError) in
            try file.withDataset(at: path) { dataset throws(ServiceError) in
                try dataset.read(Hyperslab(all: dataset.dataspace.shape ?? []), as: dataset.datatype.packed())
            }
        }
    }
}

extension WritableDataset {
    func write(_ selection: Hyperslab, as type: Datatype, bytes: [UInt8]) throws(ServiceError) {
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            try write(selection, as: type, UnsafeRawBufferPointer(bytes))
        }
    }

    /// Writes all elements in the stored type.
    func writeAll(_ bytes: [UInt8]) throws(ServiceError) {
        try write(Hyperslab(all: dataspace.shape ?? []), as: datatype.packed(), bytes: bytes)
    }
}

extension WritableFile {
    /// Makes a dataset with values.
    func put(_ path: ObjectPath, _ creation: DatasetCreation, _ bytes: [UInt8]) throws(ServiceError) {
        try createDataset(at: path, creation)
        try withDataset(at: path) { dataset throws(ServiceError) in try dataset.writeAll(bytes) }
    }
}

/// The bytes of numbers, one after the other, little-endian.
func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}

/// Strings as they travel.
func bytes(_ strings: [String]) -> [UInt8] {
    strings.flatMap { bytes([Int32($0.utf8.count)]) + Array($0.utf8) }
}

extension Datatype {
    static let int32 = Datatype.integer(.init(size: 4, isSigned: true))
    static let text = Datatype.variableString(.utf8, .nullTerminated)
}

extension Dataspace {
    static func shape(_ extents: Int..., maximum: [Int?]? = nil) -> Dataspace {
        .simple(extents, maximum: maximum ?? extents)
    }
}

extension Copy {
    /// A file that is there already.
    init(at path: String) {
        self.path = path
    }
}
