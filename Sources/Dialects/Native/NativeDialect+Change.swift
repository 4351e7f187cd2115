public import H5Model
import HTTPMessage
public import LockedH5
public import Routes

extension NativeDialect {
    /// A write that is parsed, and refused as far as that goes without its file.
    public struct Change: Sendable {
        enum Action: Sendable {
            case createGroup(GroupBody)
            case createDataset(OfAskedDatatype<DatasetBody>, RequestBody, MatchRule?)
            case commitDatatype(Datatype)
            case changeDimensions(DimensionChange)
            case resize(Shape)
            case putValues(ValuesChange)
            case updateValues(ValuesUpdate)
            case putAttribute(OfAskedDatatype<AttributeBody>, RequestBody)
            case modifyAttribute(HDF5Name, RequestBody)
            case removeAttribute(HDF5Name)
            case createLink(LinkTarget)
            case moveLink(ObjectPath)
            case remove(ObjectKind?)
            case copy(CopyBody)
        }

        let request: WorkerRequest
        let action: Action

        /// - Parameter body: Lives as long as the change.
        /// - Throws: `invalid`, `unsupported`, `unsupported_media`, `too_large`.
        public init(_ request: WorkerRequest, body: RequestBody) throws(ServiceError) {
            self.request = request
            action =
                switch request.operation {
                case .createGroup: .createGroup(try GroupBody(request, body))
                case .createDataset: .createDataset(try DatasetBody.read(body), body, try MatchRule(request.query))
                case .commitDatatype: .commitDatatype(try newDatatype(body))
                case .changeDimensions: .changeDimensions(try DimensionChange(body))
                case .resizeDataset: .resize(try newShape(body))
                case .putValues: .putValues(try ValuesChange(request, body))
                case .updateValues: .updateValues(try ValuesUpdate(request, body))
                case .putAttribute: .putAttribute(try AttributeBody.read(request, body), body)
                case .modifyAttribute: .modifyAttribute(try request.query.attributeName(), body)
                case .removeAttribute: .removeAttribute(try request.query.attributeName())
                case .createLink: .createLink(try LinkTarget(body))
                case .moveLink: .moveLink(try newPath(request, body))
                case .removeGroup: .remove(try removable(request, .group))
                case .removeDataset: .remove(try removable(request, .dataset))
                case .removeDatatype: .remove(try removable(request, .datatype))
                case .removeLink: .remove(try removable(request, nil))
                case .copyObject: .copy(try CopyBody(request, body))
                default:
                    throw ServiceError(
                        .internal, "\(request.operation.rawValue) reached a worker, which does not serve it")
                }
        }
    }

    /// Makes a change in a file that is open for writing, and answers.
    ///
    /// - Throws: What the operation's own rules and the file's layers throw; then nothing may be kept of the change.
    public static func answer(
        _ change: Change, file: borrowing WritableFile, limits: Limits = Limits()
    ) throws(ServiceError) -> WorkerAnswer {
        let answer = try make(change, file: file, limits: limits)
        if hasFound(change, answer) { file.leaveUnchanged() }
        return answer
    }

    /// Whether what a change requires was there: 201 would tell that it was made.
    static func hasFound(_ change: Change, _ answer: WorkerAnswer) -> Bool {
        [.createGroup, .createDataset].contains(change.request.operation) && answer.head.status == 200
    }

    /// Makes a change, beside others or alone.
    static func make(
        _ change: Change, file: borrowing WritableFile, limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let request = change.request
        if request.createsOnly { try refuseExisting(request, file.contents, limits) }
        if !request.expected.isEmpty { try refuseOtherContent(request, file.contents, limits) }
        var answer = try carryOut(change, file, limits)
        let isOfAnother = [.putAttribute, .modifyAttribute].contains(request.operation)
        if isOfAnother || answer.contentTag == nil && [.putValues, .updateValues].contains(request.operation) {
            answer.contentTag = contentTag(request, file.contents, limits)
        }
        return answer
    }

    private static func carryOut(
        _ change: Change, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let request = change.request
        return switch change.action {
        case .createGroup(let body): try createGroup(request, body, file, limits)
        case .createDataset(.described(let body), _, let rule): try createDataset(request, body, rule, file, limits)
        case .createDataset(.ofCommitted(let path), let body, let rule):
            try createDataset(
                request, try DatasetBody(body, committed: try committed(path, request, file)), rule, file, limits)
        case .commitDatatype(let datatype): try commitDatatype(request, datatype, file)
        case .changeDimensions(let change): try changeDimensions(request, change, file)
        case .resize(let shape): try resizeDataset(request, shape, file)
        case .putValues(let values): try putValues(request, values, file, limits)
        case .updateValues(let update): try updateValues(request, update, file, limits)
        case .putAttribute(.described(let body), _): try putAttribute(request, body, file, limits)
        case .putAttribute(.ofCommitted(let path), let body):
            try putAttribute(
                request, try AttributeBody(request, body, committed: try committed(path, request, file)), file, limits)
        case .modifyAttribute(let name, let body): try modifyAttribute(request, name, body, file, limits)
        case .removeAttribute(let name): try removeAttribute(request, name, file)
        case .createLink(let target): try createLink(request, target, file)
        case .moveLink(let path): try moveLink(request, path, file)
        case .remove(let kind): try remove(request, kind, file)
        case .copy(let body): try copyObject(request, body, file)
        }
    }

    /// Parses and makes a change.
    /// - Throws: As `Change` and `answer`.
    public static func change(
        _ request: WorkerRequest, file: borrowing WritableFile, body: RequestBody, limits: Limits = Limits()
    ) throws(ServiceError) -> WorkerAnswer {
        try answer(try Change(request, body: body), file: file, limits: limits)
    }
}
