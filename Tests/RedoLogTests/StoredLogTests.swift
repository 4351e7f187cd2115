import Testing

@testable import RedoLog

@Suite struct StoredLogTests {
    /// A file whose commit was interrupted right after its commit point.
    private static let interrupted: [UInt8] = {
        let change = Change.all[0]
        let storage = MemoryStorage(change.before.bytes)
        storage.failure = .init(step: .max)
        _ = try? change.transaction(storage).commit()
        var bytes = change.before.bytes
        for step in storage.steps.prefix(storage.commitPoint) { step.apply(to: &bytes) }
        return bytes
    }()

    @Test func recover_ReplaysTheLog() throws {
        let storage = MemoryStorage(Self.interrupted)
        #expect(try RedoLog.inspect(storage) == .veiled)
        #expect(try RedoLog.recover(storage, Finding(storage), .power) == .replayed)
        #expect(Change.all[0].isAfter(storage.bytes))
    }

    @Test func recover_OfALogWithAnyOtherByte_NeverReplaysIt() throws {
        var random = SplitMix(state: 1)
        let log = Self.interrupted.count - 14_000
        for _ in 0..<500 {
            var bytes = Self.interrupted
            let place = Int.random(in: log..<bytes.count, using: &random)
            let byte = bytes[place]
            bytes[place] = UInt8.random(in: 0...255, using: &random)
            let storage = MemoryStorage(bytes)
            guard let recovery = try? RedoLog.recover(storage, Finding(storage), .power) else { continue }
            #expect(recovery == .unveiled || bytes[place] == byte || Change.all[0].isAfter(storage.bytes))
            #expect(recovery == .replayed || Change.all[0].isBefore(storage.bytes))
        }
    }

    /// A log whose checksums are right and whose numbers are not.
    @Test func recover_OfALogThatContradictsItself_NeverReplaysIt() throws {
        let values: [UInt64] = [0, 1, 15, 4095, 1 << 31, 1 << 62, 1 << 63, .max]
        for field in 0..<40 {
            for value in values {
                let storage = MemoryStorage(forged(field, value))
                _ = try? RedoLog.recover(storage, Finding(storage), .power)
                _ = try? Transaction(viewing: storage)
                #expect(storage.bytes.count < 1 << 20)
            }
        }
    }

    /// The word at `field` of header and index, or of the trailer, set to `value`, and all checksums made anew.
    private func forged(_ field: Int, _ value: UInt64) -> [UInt8] {
        var bytes = Self.interrupted
        guard var trailer = try? LogTrailer(decoding: Array(bytes.suffix(80))) else { return bytes }
        let start = Int(trailer.logStart)
        let number = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        if field < 32 {
            let place = start + 128 + field * 8
            bytes.replaceSubrange(place..<place + 8, with: number)
        } else {
            switch field {
            case 32: trailer.logStart = value
            case 33: trailer.logLength = value
            case 34: trailer.appendedStart = value
            case 35: trailer.appendedEnd = value
            default: trailer.appendedChecksum = value
            }
        }
        trailer.contentChecksum = LogChecksum(of: bytes[start..<bytes.count - 80]).value
        return bytes.dropLast(80) + trailer.encoded()
    }

    @Test func recover_OfANewerLog_IsRefused() {
        var bytes = Self.interrupted
        bytes[bytes.count - 12] = 2
        #expect(throws: RedoLogError.unknownVersion(2)) { try Transaction(MemoryStorage(bytes)) }
        #expect(throws: RedoLogError.unknownVersion(2)) { try Transaction(viewing: MemoryStorage(bytes)) }
    }

    /// Between our crash and our recovery another program wrote to a file that was not veiled.
    @Test func recover_AfterAForeignWriter_LeavesItsWork() throws {
        let change = Change.all[0]
        let whole = MemoryStorage(change.before.bytes)
        try change.transaction(whole).commit()
        for end in 0...whole.steps.count {
            var bytes = change.before.bytes
            for step in whole.steps.prefix(end) { step.apply(to: &bytes) }
            guard Image.seen(bytes) != nil else { continue }
            // It closes the file, which cuts it at its end address, or it is killed before that.
            let foreign = Image(version: 0, length: 21_000, seed: 50)
            for isClosed in [true, false] {
                var bytes = bytes
                MemoryStorage.write(foreign.bytes, at: 0, in: &bytes)
                if isClosed { MemoryStorage.setSize(21_000, in: &bytes) }
                let storage = MemoryStorage(bytes)
                _ = try RedoLog.recover(storage, Finding(storage), .power)
                #expect(Image.seen(storage.bytes) == foreign.bytes)
            }
        }
    }
}
