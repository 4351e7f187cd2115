import H5Model
import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The objects below a group, each once, a group before its members, as the server finds them: all of one state of the file,
/// and a few at a time in memory.
public struct VisitedObjects: AsyncSequence, Sendable {
    let client: HDF5Client
    let request: HTTPRequest
    let options: CallOptions

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(objects: self)
    }

    /// Reads the answer, an object a line, as far as it has come.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let objects: VisitedObjects
        private var pieces: (any AsyncIteratorProtocol<[UInt8], any Error>)?
        private var rest: ArraySlice<UInt8> = []
        private var isComplete = false

        fileprivate init(objects: VisitedObjects) {
            self.objects = objects
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HDF5ClientError) -> VisitedObject? {
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = rest[..<end]
                    rest = rest[(end + 1)...]
                    return try objects.object(line)
                }
                if isComplete { return rest.isEmpty ? nil : try objects.object(rest.takeAll()) }
                try await receive(isolation: actor)
            }
        }

        /// Takes the next piece of the answer, for which the request is sent if it was not.
        private mutating func receive(isolation actor: isolated (any Actor)?) async throws(HDF5ClientError) {
            if pieces == nil {
                let body = try await objects.client.open(objects.request, repetition: .reads, objects.options).body
                pieces = body.pieces.makeAsyncIterator()
            }
            do {
                guard let piece = try await pieces?.next(isolation: actor) else {
                    isComplete = true
                    return
                }
                rest = rest.isEmpty ? piece[...] : (rest + piece)[...]
            } catch {
                throw HDF5ClientError(.transport(TransportFailure(error)), request: objects.request)
            }
            if rest.count > objects.options.bodyLimit {
                let sentence =
                    "the answer has more than the \(objects.options.bodyLimit) bytes that the caller takes at once"
                throw HDF5ClientError(.notUnderstood(sentence), request: objects.request)
            }
        }
    }

    private func object(_ line: ArraySlice<UInt8>) throws(HDF5ClientError) -> VisitedObject {
        do {
            return try JSONDecoder().decode(VisitedObject.self, from: Data(line))
        } catch {
            throw HDF5ClientError(
                .notUnderstood("an object of the visit is not understood: \(error)"), request: request)
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func takeAll() -> ArraySlice<UInt8> {
        defer { self = [] }
        return self
    }
}

extension HDF5Client {
    /// All objects below a group, each once, a group before its members, as the server finds them.
    ///
    /// - Parameter depth: How many links deep; nil for all.
    public func objects(
        below group: ObjectPath = .root, in file: ServedPath, depth: Int? = nil, options: CallOptions = CallOptions()
    ) -> VisitedObjects {
        var target = ResourceTarget("tree", file: file, object: group)
        target.add("depth", depth.map(String.init))
        return VisitedObjects(
            client: self, request: request(target, accept: "application/x-ndjson", options), options: options)
    }
}
