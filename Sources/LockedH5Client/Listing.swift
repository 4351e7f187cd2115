import H5Model

/// A listing that is read a page at a time while it is iterated.
///
/// Each page is one request, so a listing that is changed meanwhile may show both states.
public struct Listing<Element: Sendable>: AsyncSequence, Sendable {
    /// One answer: its elements, and the name after which the next page begins (nil: there is none).
    struct Page: Sendable {
        var elements: [Element]
        var next: HDF5Name?
    }

    let page: @Sendable (_ after: HDF5Name?) async throws(HDF5ClientError) -> Page

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(page: page)
    }

    /// All elements that are left, in memory.
    public func collect() async throws(HDF5ClientError) -> [Element] {
        var elements: [Element] = []
        for try await element in self { elements.append(element) }
        return elements
    }

    /// Reads the next page when the last one is used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let page: @Sendable (_ after: HDF5Name?) async throws(HDF5ClientError) -> Page
        private var elements: ArraySlice<Element> = []
        private var next: HDF5Name?
        private var isLast = false

        fileprivate init(page: @escaping @Sendable (HDF5Name?) async throws(HDF5ClientError) -> Page) {
            self.page = page
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HDF5ClientError) -> Element? {
            while elements.isEmpty && !isLast {
                let page = try await page(next)
                elements = page.elements[...]
                next = page.next
                isLast = page.next == nil
            }
            return elements.popFirst()
        }
    }
}
