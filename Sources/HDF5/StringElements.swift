internal import Glibc
internal import H5Model

/// Elements in memory as libhdf5 takes them, made from the wire: each string is a pointer, and ends with NUL.
struct StringElements: ~Copyable {
    let elements: UnsafeMutableRawPointer
    private let text: UnsafeMutableRawPointer
    /// Bytes of the wire that were used.
    let used: Int

    /// - Parameter bytes: What `ElementWriter.check` has accepted.
    init(_ bytes: UnsafeRawBufferPointer, count: Int, _ layout: ElementLayout, _ subject: String) throws(HDF5Error) {
        var size = 0
        do throws(WireCursor.Truncated) {
            var cursor = WireCursor(bytes)
            for _ in 0..<count { try cursor.takeElement(layout) { size += $0.count + 1 } }
            used = bytes.count - cursor.rest.count
        } catch {
            throw HDF5Error(.invalid, "the bytes for \(subject) end too early")
        }
        guard let elements = calloc(max(count * layout.size, 1), 1) else { throw Self.outOfMemory(subject) }
        guard let text = malloc(max(size, 1)) else {
            free(elements)
            throw Self.outOfMemory(subject)
        }
        self.elements = elements
        self.text = text
        Self.fill(elements, text, bytes, count, layout)
    }

    deinit {
        free(elements)
        free(text)
    }

    private static func outOfMemory(_ subject: String) -> HDF5Error {
        HDF5Error(.outOfMemory, "writing \(subject) needs more memory than is allowed")
    }

    private static func fill(
        _ elements: UnsafeMutableRawPointer, _ text: UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer,
        _ count: Int, _ layout: ElementLayout
    ) {
        var cursor = WireCursor(bytes)
        var text = text
        for index in 0..<count {
            let element = elements + index * layout.size
            for part in layout.parts {
                switch part {
                case .bytes(let offset, let count):
                    guard let run = try? cursor.take(count), let start = run.baseAddress else { continue }
                    (element + offset).copyMemory(from: start, byteCount: count)
                case .string(let offset):
                    guard let string = try? cursor.takeString() else { continue }
                    if let start = string.baseAddress { text.copyMemory(from: start, byteCount: string.count) }
                    text.storeBytes(of: 0, toByteOffset: string.count, as: UInt8.self)
                    element.storeBytes(of: text, toByteOffset: offset, as: UnsafeMutableRawPointer.self)
                    text += string.count + 1
                }
            }
        }
    }
}
