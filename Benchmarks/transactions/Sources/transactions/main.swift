// Times writes of one file by the local library: transactions attributes|append|overwrite FILE SIZE power|process
//
// SIZE is the number of attribute changes, each in a transaction of its own, or MiB of the dataset "values" of doubles.
// Prints seconds and the process's peak of resident memory in KiB.

import Glibc
import H5Model
import LockedH5

let usage = "usage: transactions attributes|append|overwrite FILE SIZE power|process"
let values = ObjectPath("values")
let double = Datatype.float(.init(size: 8))

func changeAttribute(_ path: String, _ value: Int, _ settings: WriteSettings) throws(ServiceError) {
    let bytes = withUnsafeBytes(of: value) { Array($0) }
    _ = try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
        try file.setAttribute(
            HDF5Name("a"), of: .root, dataspace: .scalar, datatype: .integer(.init(size: 8, isSigned: true)),
            bytes: bytes)
    }
}

/// Writes all of the dataset, which is made first where it is not to be overwritten.
func writeValues(
    _ path: String, mebibytes: Int, isNew: Bool, _ settings: WriteSettings, _ bytes: UnsafeRawBufferPointer
) throws(ServiceError) {
    let count = mebibytes << 17
    try LockedFile.write(path, settings: settings) { file throws(ServiceError) in
        if isNew {
            try file.createDataset(
                at: values, DatasetCreation(dataspace: .simple([count], maximum: [count]), datatype: double))
        }
        try file.withDataset(at: values) { dataset throws(ServiceError) in
            try dataset.write(Hyperslab(all: [count]), as: double, bytes)
        }
    }
}

/// Bytes that are no zeros, of which nothing is in memory before it is asked for.
func pattern(_ mebibytes: Int) -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: mebibytes << 20, alignment: 4096)
    bytes.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: getpid()) | 1)
    return bytes
}

func elapsed(_ body: () throws(ServiceError) -> Void) throws(ServiceError) -> Double {
    let clock = ContinuousClock()
    let begin = clock.now
    try body()
    return (clock.now - begin) / .seconds(1)
}

func run() throws(ServiceError) {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let size = Int(arguments[3]),
        let durability = WriteSettings.Durability(rawValue: arguments[4])
    else { throw ServiceError(.invalid, usage) }
    let (what, path, settings) = (arguments[1], arguments[2], WriteSettings(durability: durability))
    let seconds: Double
    switch what {
    case "attributes":
        seconds = try elapsed { () throws(ServiceError) in
            for value in 1...size { try changeAttribute(path, value, settings) }
        }
    case "append", "overwrite":
        let bytes = pattern(size)
        seconds = try elapsed { () throws(ServiceError) in
            try writeValues(
                path, mebibytes: size, isNew: what == "append", settings, UnsafeRawBufferPointer(bytes))
        }
        bytes.deallocate()
    default: throw ServiceError(.invalid, usage)
    }
    var use = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &use)
    print(seconds, use.ru_maxrss)
}

do {
    try run()
} catch {
    let complaint = "transactions: \(error.message)\n"
    write(STDERR_FILENO, complaint, complaint.utf8.count)
    exit(1)
}
