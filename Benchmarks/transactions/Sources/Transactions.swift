import Glibc
import H5Model
import LockedH5

/// Does one piece of work with the library, as `plain.c` does it with libhdf5 alone, and prints the seconds it took; then
/// it waits until its input ends, so that its memory can be looked at.
///
/// Arguments: WORK FILE COUNT SEED DURABILITY. COUNT is transactions for `attributes`, else slabs of 4 MiB.
@main
struct Transactions {
    static let slab = 4 << 20
    static let elements = slab / 8

    let path: String
    let count: Int
    let seed: Int64
    let settings: WriteSettings

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let count = Int(arguments[3]), let seed = Int64(arguments[4]),
            let durability = WriteSettings.Durability(rawValue: arguments[5])
        else {
            print("usage: transactions WORK FILE COUNT SEED process|power")
            exit(2)
        }
        let work = Transactions(
            path: arguments[2], count: count, seed: seed, settings: WriteSettings(durability: durability))
        let values = (0..<Int64(elements)).map { $0 &+ seed }
        try LockedFile.prepare()
        let taken = try ContinuousClock().measure {
            try values.withUnsafeBytes { try work.run(arguments[1], $0) }
        }
        print(taken / .seconds(1))
        fflush(nil)
        while getchar() != EOF {}
    }

    func run(_ work: String, _ values: UnsafeRawBufferPointer) throws(ServiceError) {
        switch work {
        case "attributes": try changeAttributes()
        case "append": try append(values)
        case "extend": try extend(values)
        case "overwrite": try overwrite(values)
        default: throw ServiceError(.invalid, "there is no work \(work)")
        }
    }

    private func changeAttributes() throws(ServiceError) {
        for number in 0..<Int64(count) {
            let value = withUnsafeBytes(of: (seed + number).littleEndian) { Array($0) }
            try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
                _ = try file.setAttribute(
                    "count", of: Self.values, dataspace: .scalar, datatype: Self.integer, bytes: value)
            }
        }
    }

    private func append(_ values: UnsafeRawBufferPointer) throws(ServiceError) {
        try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
            let shape = [count * Self.elements]
            try file.createDataset(
                at: Self.new,
                DatasetCreation(
                    dataspace: .simple(shape, maximum: shape), datatype: Self.integer, layout: .contiguous))
            try write(values, into: Self.new, of: file, from: 0)
        }
    }

    private func extend(_ values: UnsafeRawBufferPointer) throws(ServiceError) {
        try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
            try file.resize(Self.chunked, to: [(count + 1) * Self.elements])
            try write(values, into: Self.chunked, of: file, from: 1)
        }
    }

    private func overwrite(_ values: UnsafeRawBufferPointer) throws(ServiceError) {
        try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
            try write(values, into: Self.values, of: file, from: 0)
        }
    }

    private func write(
        _ values: UnsafeRawBufferPointer, into path: ObjectPath, of file: borrowing WritableFile, from first: Int
    ) throws(ServiceError) {
        try file.withDataset(at: path) { dataset throws(ServiceError) in
            for number in first..<first + count {
                let span = Span(start: number * Self.elements, count: Self.elements)
                try dataset.write(Hyperslab(spans: [span]), as: Self.integer, values)
            }
        }
    }

    private static let integer = Datatype.integer(.init(size: 8, isSigned: true))
    private static let values = ObjectPath("/values")
    private static let chunked = ObjectPath("/chunked")
    private static let new = ObjectPath("/new")
}
