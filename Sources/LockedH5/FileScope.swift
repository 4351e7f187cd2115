internal import H5Model
internal import HDF5

/// The open file of a scope, which the scope's groups, datasets and datatypes share; none of them outlives it.
public final class FileScope {
    private var opened: File?
    let boundary: Boundary
    /// Whether the scope writes.
    let isWriting: Bool

    init(_ file: consuming File, isWriting: Bool) {
        boundary = Boundary(access: file.access)
        self.isWriting = isWriting
        opened = consume file
    }

    var file: File {
        _read {
            switch opened {
            case .some(let file): yield file
            // Handles are not escapable, and so end with the scope.
            case nil: preconditionFailure("the file is closed")
            }
        }
    }

    /// Lets paths go on behind external links.
    func followLinks() {
        file.access.followLinks()
    }

    func close(mayStayOpen: Bool) throws(HDF5Error) {
        if let file = opened.take() { try file.close(mayStayOpen: mayStayOpen) }
    }

    /// Runs an operation of the HDF5 layer on the file.
    func run<R: ~Copyable>(_ operation: (borrowing File) throws(HDF5Error) -> R) throws(ServiceError) -> R {
        try boundary.run { () throws(HDF5Error) in try operation(file) }
    }
}

/// An open object of a scope, which is closed with the last handle of it.
public final class ObjectHandle {
    private enum Opened: ~Copyable {
        case object(Object)
        case dataset(Dataset)
    }

    private var opened: Opened
    /// Whether no link led to it when it was made.
    let isAnonymous: Bool

    init(_ object: consuming Object) {
        opened = .object(object)
        isAnonymous = false
    }

    init(_ dataset: consuming Dataset, isAnonymous: Bool = false) {
        opened = .dataset(dataset)
        self.isAnonymous = isAnonymous
    }

    /// Tells a dataset's shape anew after it was resized.
    func refresh(in file: borrowing File) throws(HDF5Error) {
        opened = .dataset(try dataset.reopened(in: file))
    }

    /// Nil for an anonymous object.
    var path: ObjectPath? { isAnonymous ? nil : object.path }

    var object: Object {
        _read {
            switch opened {
            case .object(let object): yield object
            case .dataset(let dataset): yield dataset.object
            }
        }
    }

    var dataset: Dataset {
        _read {
            switch opened {
            case .dataset(let dataset): yield dataset
            // Only datasets' handles are made from a dataset, and only they ask for it.
            case .object: preconditionFailure("the object is not a dataset")
            }
        }
    }
}
