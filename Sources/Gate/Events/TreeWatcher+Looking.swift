import FileLock
import Glibc
import H5Model

extension TreeWatcher {
    /// Names that are looked at in one piece.
    private static let piece = 64

    func perform(_ task: WatcherTasks.Task) {
        switch task {
        case .look(let path, let isSettled): lookNow(at: path, isSettled: isSettled)
        case .list(let directory, let scan): list(directory, scan)
        case .go(let listing): goOn(listing)
        case .forget(let directories): forget(directories)
        }
    }

    // MARK: One name

    private func lookNow(at path: FilePath, isSettled: Bool) {
        guard !path.isEmpty, roots.concern(path), var directory = top else { return }
        // What is not known yet on the way there is looked at first, and then what is in it.
        while directory.path.count < path.count - 1, let child = directory.children[path[directory.path.count]] {
            directory = child
        }
        let name = path[directory.path.count]
        do throws(ServiceError) {
            guard let open = try open(directory) else {
                return directory.path.isEmpty ? () : lookNow(at: directory.path, isSettled: true)
            }
            let seen = try root.sight(name, in: open.number, at: directory.path + [name])
            compare(name, in: directory, seen, isSettled: isSettled)
        } catch {
            // What cannot be looked at is taken for what it was.
        }
    }

    /// The directory, if its path leads to it still.
    private func open(_ directory: KnownDirectory) throws(ServiceError) -> Descriptor? {
        do throws(ServiceError) {
            let open = Descriptor(try root.openDirectory(directory.path))
            return (try? FileIdentity(descriptor: open.number)) == directory.identity ? open : nil
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// Tells the difference between what was told of a name and what is there.
    private func compare(_ name: [UInt8], in directory: KnownDirectory, _ seen: Sighting?, isSettled: Bool) {
        let path = directory.path + [name]
        let known = directory.entries[name]
        guard let seen else {
            if known != nil { forget(name, in: directory) }
            return
        }
        if let known, known.isSame(as: seen) { return }
        if case .file(let stamp) = seen, !isSettled || delegate?.isBusy(stamp.identity) == true { return note(path) }
        if let known, known.isDirectory || seen.isDirectory {
            forget(name, in: directory)
            tasks.add(.look(path, isSettled: isSettled))
            return
        }
        adopt(name, in: directory, seen, Scan(path, descends: true))
    }

    /// Takes a name for what it is, and tells it unless it was there before.
    private func adopt(_ name: [UInt8], in directory: KnownDirectory, _ seen: Sighting, _ scan: Scan) {
        let path = directory.path + [name]
        let isNew = directory.entries[name] == nil
        if isNew, let refusal = refusal(of: seen, at: path, in: directory) { return refuse(path, scan, refusal) }
        directory.entries[name] = seen
        if !scan.isQuiet { delegate?.tell(isNew ? .created : .changed, path, seen) }
        switch seen {
        case .file: fileCount += isNew ? 1 : 0
        case .linkedDirectory: break
        case .directory(let identity):
            let child = KnownDirectory(path, identity)
            directoryCount += 1
            directory.children[name] = child
            add(child, scan)
        }
    }

    // MARK: Limits

    private func refusal(of seen: Sighting, at path: FilePath, in directory: KnownDirectory) -> ServiceError? {
        if isWithinLimits(seen) { return nil }
        // What nobody listens to any more makes room.
        giveUp(roots.all.filter { $0.users == 0 }, Self.unwanted)
        if directory.isForgotten || !roots.concern(path) { return Self.unwanted }
        if isWithinLimits(seen) { return nil }
        return ServiceError(
            .unavailable,
            "more than \(limits.directories) directories or \(limits.files) files would have to be watched; listen to less"
        )
    }

    private func isWithinLimits(_ seen: Sighting) -> Bool {
        switch seen {
        case .file: fileCount < limits.files
        case .directory: directoryCount < limits.directories
        case .linkedDirectory: true
        }
    }

    /// A place is too large to be watched: it is not told of any more, or not at all.
    private func refuse(_ path: FilePath, _ scan: Scan, _ refusal: ServiceError) {
        if scan.isQuiet {
            scan.failure = refusal
            return
        }
        giveUp(roots.covering(path), refusal)
        delegate?.tellEnd(of: path, refusal)
    }

    // MARK: A directory

    private func list(_ directory: KnownDirectory, _ scan: Scan) {
        guard !directory.isForgotten, scan.failure == nil, let open = try? open(directory) else {
            if !directory.isForgotten { look(at: directory.path) }
            return scan.directoryDone()
        }
        // The watch comes first, so that nothing is lost that happens while the names are read.
        beginWatch(of: directory, open.number)
        let wanted = roots.names(in: directory.path)
        guard let names = wanted.map(Array.init) ?? allNames(in: open, directory.path) else {
            return scan.directoryDone()
        }
        tasks.addFirst(.go(Listing(directory, scan, open, names, isWhole: wanted == nil)))
    }

    private func allNames(in open: Descriptor, _ path: FilePath) -> [[UInt8]]? {
        try? ServedRoot.names(in: fcntl(open.number, F_DUPFD_CLOEXEC, 0), path)
    }

    private func goOn(_ listing: Listing) {
        let end = min(listing.done + Self.piece, listing.names.count)
        while listing.done < end, !listing.directory.isForgotten, listing.scan.failure == nil {
            meet(listing.names[listing.done], listing)
            listing.done += 1
        }
        if listing.directory.isForgotten || listing.scan.failure != nil { return listing.scan.directoryDone() }
        if listing.done < listing.names.count { return tasks.addFirst(.go(listing)) }
        if listing.isWhole {
            let names = Set(listing.names)
            for name in listing.directory.entries.keys where !names.contains(name) {
                look(at: listing.directory.path + [name])
            }
            listing.directory.isComplete = true
        }
        listing.scan.directoryDone()
    }

    /// A name has been found in a directory.
    private func meet(_ name: [UInt8], _ listing: Listing) {
        let directory = listing.directory
        let path = directory.path + [name]
        guard let seen = try? root.sight(name, in: listing.descriptor.number, at: path) else {
            if directory.entries[name] != nil { look(at: path, isSettled: false) }
            return
        }
        if let known = directory.entries[name], known.isSame(as: seen) {
            if listing.scan.descends, listing.scan.leads(through: path), let child = directory.children[name] {
                add(child, listing.scan)
            }
        } else if directory.entries[name] == nil, listing.scan.isQuiet, !directory.isComplete {
            adopt(name, in: directory, seen, listing.scan)
        } else if seen.isDirectory {
            look(at: path)
        } else {
            note(path)
        }
    }

    // MARK: What is gone

    private func forget(_ name: [UInt8], in directory: KnownDirectory) {
        guard let known = directory.entries.removeValue(forKey: name) else { return }
        if case .file = known { fileCount -= 1 }
        guard let child = directory.children.removeValue(forKey: name) else {
            delegate?.tell(.removed, directory.path + [name], known)
            return
        }
        tasks.addFirst(.forget([child]))
    }

    /// Tells that everything in directories that are gone is gone, the innermost first.
    private func forget(_ directories: [KnownDirectory]) {
        var directories = directories
        for _ in 0..<Self.piece {
            guard let directory = directories.last else { return }
            directory.isForgotten = true
            if let child = directory.children.popFirst() {
                directory.entries[child.key] = nil
                directories.append(child.value)
            } else if let entry = directory.entries.popFirst() {
                if case .file = entry.value { fileCount -= 1 }
                delegate?.tell(.removed, directory.path + [entry.key], entry.value)
            } else {
                delegate?.tell(.removed, directory.path, .directory(directory.identity))
                end(directory)
                directories.removeLast()
            }
        }
        if !directories.isEmpty { tasks.addFirst(.forget(directories)) }
    }

    // MARK: What this server has done itself

    /// A commit has left a file in this state, which is told at once.
    func committed(_ path: FilePath, _ stamp: FileStamp) {
        guard roots.concern(path), let directory = parent(of: path), let name = path.last else { return }
        let seen = Sighting.file(stamp)
        guard directory.path.count == path.count - 1, directory.entries[name]?.isDirectory != true else {
            return look(at: path)
        }
        if directory.entries[name]?.isSame(as: seen) == true { return }
        adopt(name, in: directory, seen, Scan(path))
    }

    /// A file has the content that it had, whatever its times say.
    func undone(_ path: FilePath, from before: FileStamp, to after: FileStamp) {
        guard let directory = parent(of: path), directory.path.count == path.count - 1, let name = path.last,
            directory.entries[name]?.isSame(as: .file(before)) == true
        else { return }
        directory.entries[name] = .file(after)
    }

    /// The known directory that is nearest to a name.
    private func parent(of path: FilePath) -> KnownDirectory? {
        var directory = top
        while let current = directory, current.path.count < path.count - 1,
            let child = current.children[path[current.path.count]]
        {
            directory = child
        }
        return directory
    }
}
