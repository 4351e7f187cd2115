// Streams with the LockedH5Client library, for tests in Python: ClientDriver URL COMMAND NAME=VALUE...
//
// Datasets hold 0, 1, 2, ... as 64-bit floats. The last line of the output is an object: what was done, or the error,
// and the largest memory of the process in bytes; with progress=true there are lines of numbers before, the bytes done.
import Foundation
import HTTPMessage
import LockedH5Client

let output: [UInt8]
do {
    let arguments = try Arguments(CommandLine.arguments.dropFirst())
    output = await Streaming(arguments).run()
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}
print(String(decoding: output, as: UTF8.self))
