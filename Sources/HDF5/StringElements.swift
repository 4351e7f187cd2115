internal import Glibc
internal import H5Model

/// Elements in memory as libhdf5 takes them, made from the wire: each string is a pointer, and ends with NUL.
struct StringElements: ~Copyable {
    /// The elements, and behind them the strings.
    let elements: UnsafeMutableRawPointer
    /// Bytes of the wire that were used.
    let used: Int

    /// - Parameter bytes: What `ElementWriter.check` has accepted.
    init(_ bytes: UnsafeRawBufferPointer, count: Int, _ layout: ElementLayout, _ subject: String) throws(HDF5Error) {
        let (used, text) = try Self.measure(bytes, count, layout, subject)
        let size = count * layout.size
        guard let block = malloc(size + text) else {
            throw HDF5Error(.outOfMemory, "writing \(subject) needs more memory than is allowed")
        }
        Self.fill(block, block + size, bytes, count, layout)
        elements = block
        self.used = used
    }

    deinit {
        free(elements)
    }

    private static func measure(
        _ bytes: UnsafeRawBufferPointer, _ count: Int, _ layout: ElementLayout, _ subject: String
    ) throws(HDF5Error) -> (used: Int, text: Int) {
        var text = 0
        var cursor = WireCursor(bytes)
        do throws(WireCursor.Truncated) {
            for _ in 0..<count { try cursor.takeElement(layout) { text += $0.count + 1 } }
        } catch {
            throw HDF5Error(.invalid, "the bytes for \(subject) end too early")
        }
        return (bytes.count - cursor.rest.count, text)
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
