import Glibc

/// The one owner of an open file; it is closed when the owner's life ends.
final class Descriptor {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}
