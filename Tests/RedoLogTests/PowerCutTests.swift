import Testing

@testable import RedoLog

/// The disk after a power cut at any step: all up to the last completed wait, and of the rest any sectors and sizes.
@Suite struct PowerCutTests {
    @Test(arguments: Change.all)
    func commit_CutAnywhere_IsBeforeOrAfter(change: Change) throws {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage).commit()
        let made = storage.commitPoint
        for end in 0...storage.steps.count {
            for seed in 0..<8 {
                var random = SplitMix(state: UInt64(end * 1000 + seed))
                let disk = Disk(change.before.bytes, storage.steps.prefix(end), &random)
                try check(disk.bytes, change, isMade: end > made, &random)
            }
        }
    }

    /// Nothing waits for the end of a commit, so the next one begins on a disk that may not have seen it.
    @Test(arguments: [0, 3])
    func commit_CutInTheNextOne_IsBeforeOrAfterThat(version: Int) throws {
        let images = [20_000, 31_000, 26_000].enumerated().map {
            Image(version: version, length: $0.element, seed: UInt64($0.offset))
        }
        let storage = MemoryStorage(images[0].bytes)
        let first = Change(name: "first", before: images[0], after: images[1])
        let second = Change(name: "second", before: images[1], after: images[2])
        try first.transaction(storage).commit()
        let start = storage.steps.count
        try second.transaction(storage).commit()
        let made = storage.commitPoint
        for end in start...storage.steps.count {
            for seed in 0..<25 {
                var random = SplitMix(state: UInt64(end * 1000 + seed))
                let disk = Disk(images[0].bytes, storage.steps.prefix(end), &random)
                try check(disk.bytes, second, isMade: end > made, &random)
            }
        }
    }

    /// A process that is killed leaves all of its steps, the last one perhaps by half.
    @Test(arguments: Change.all, Durability.allCases)
    func commit_KilledAnywhere_IsBeforeOrAfter(change: Change, durability: Durability) throws {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage, durability: durability).commit()
        for end in 0...storage.steps.count * 2 {
            var bytes = change.before.bytes
            for (index, step) in storage.steps.enumerated() where index * 2 < end {
                step.apply(to: &bytes, halves: min(2, end - index * 2))
            }
            var random = SplitMix(state: UInt64(end))
            try check(bytes, change, isMade: nil, &random)
        }
    }

    /// - Parameter isMade: Whether the commit point was passed; nil when that is not known.
    private func check(_ bytes: [UInt8], _ change: Change, isMade: Bool?, _ random: inout SplitMix) throws {
        let isPlain = Image.seen(bytes) == nil || change.isBefore(bytes) || change.isAfter(bytes)
        #expect(isPlain, "a plain program sees a mixture")
        let view = try viewed(bytes)
        let recovered = MemoryStorage(bytes)
        _ = try RedoLog.recover(recovered, Finding(recovered), .power)
        let isAfter = change.isAfter(recovered.bytes)
        #expect(isAfter || change.isBefore(recovered.bytes) && isMade != true)
        #expect([nil, .clean].contains(try? RedoLog.inspect(recovered)))
        if let view { #expect(isAfter ? change.isAfter(view) : change.isBefore(view)) }
        // Recovery itself is cut, and done again.
        for end in 0..<recovered.steps.count {
            let again = MemoryStorage(Disk(bytes, recovered.steps.prefix(end), &random).bytes)
            let isPlain = Image.seen(again.bytes) == nil || change.isBefore(again.bytes) || change.isAfter(again.bytes)
            #expect(isPlain, "a plain program sees a mixture after a recovery that was cut")
            _ = try RedoLog.recover(again, Finding(again), .power)
            #expect(isAfter ? change.isAfter(again.bytes) : change.isBefore(again.bytes))
        }
    }

    /// What a reader sees who may not recover.
    private func viewed(_ bytes: [UInt8]) throws -> [UInt8]? {
        let storage = MemoryStorage(bytes)
        guard (try? RedoLog.inspect(storage)) == .veiled else { return nil }
        let view = try Transaction(viewing: storage)
        var all = [UInt8](repeating: 0, count: Int(view.size))
        try all.withUnsafeMutableBytes { try view.read(into: $0, at: 0) }
        #expect(storage.steps.isEmpty)
        return all
    }
}

extension MemoryStorage {
    /// The index of the wait after the last veil: once it is over the change is made.
    var commitPoint: Int {
        let log = steps.lastIndex { step in
            if case .write(_, let bytes) = step { bytes.starts(with: LogFormat.notice) } else { false }
        }
        return steps.indices.first { $0 > log ?? 0 && steps[$0] == .synchronize } ?? steps.count
    }
}

extension MemoryStorage.Step {
    func apply(to bytes: inout [UInt8], halves: Int = 2) {
        switch self {
        case .write(let place, let new):
            MemoryStorage.write(new, at: place, halves: halves, in: &bytes)
        case .size(let size): if halves == 2 { MemoryStorage.setSize(size, in: &bytes) }
        case .synchronize, .reserve: break
        }
    }
}

/// What is on the disk when the power goes.
struct Disk {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8], _ steps: some Collection<MemoryStorage.Step>, _ random: inout SplitMix) {
        self.bytes = bytes
        let steps = Array(steps)
        let sure = steps.lastIndex(of: .synchronize) ?? -1
        for (index, step) in steps.enumerated() {
            if index <= sure { step.apply(to: &self.bytes) } else { applyPart(of: step, &random) }
        }
    }

    private mutating func applyPart(of step: MemoryStorage.Step, _ random: inout SplitMix) {
        // Now and then all or nothing, which single coins would hardly ever give.
        let chance: Double = [0.0, 0.1, 0.5, 0.9, 1.0].randomElement(using: &random) ?? 0.0
        switch step {
        case .write(let place, let new):
            if Double.random(in: 0..<1, using: &random) < chance { extend(to: place + UInt64(new.count)) }
            for sector in sectors(place, new.count) where Double.random(in: 0..<1, using: &random) < chance {
                let part = Array(new[Int(sector.lowerBound - place)..<Int(sector.upperBound - place)])
                MemoryStorage.write(part, at: sector.lowerBound, in: &bytes)
            }
        case .size(let size):
            if Double.random(in: 0..<1, using: &random) < chance { MemoryStorage.setSize(size, in: &bytes) }
        case .synchronize, .reserve: break
        }
    }

    private mutating func extend(to end: UInt64) {
        if Int(end) > bytes.count { MemoryStorage.setSize(end, in: &bytes) }
    }

    private func sectors(_ place: UInt64, _ count: Int) -> [Range<UInt64>] {
        let end = place + UInt64(count)
        return stride(from: place / 512 * 512, to: end, by: 512).map { max($0, place)..<min($0 + 512, end) }
    }
}
