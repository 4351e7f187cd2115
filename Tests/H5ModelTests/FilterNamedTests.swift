import H5Model
import Testing

@Suite struct FilterNamedTests {
    /// Numbers and parameters as h5py's `set_szip`, `set_scaleoffset` and `set_deflate` leave them in a property list.
    @Test(arguments: [
        (Filter.deflate(level: 7), 1, [7] as [UInt32]), (.shuffle, 2, []), (.fletcher32, 3, []),
        (.szip(.entropyCoding, pixelsPerBlock: 16), 4, [4, 16]), (.szip(), 4, [32, 8]), (.nbit, 5, []),
        (.scaleOffset(.digits(3)), 6, [0, 3]), (.scaleOffset(.bits(0)), 6, [2, 0]), (.lzf, 32000, []),
    ])
    func filter_HasItsNumberAndParameters(filter: Filter, id: Int, parameters: [UInt32]) {
        #expect(filter.id == id)
        #expect(filter.parameters == parameters)
    }

    /// Parameters as libhdf5 stores them with a dataset.
    @Test(arguments: [
        (
            Filter(id: 4, name: "szip", isOptional: true, parameters: [169, 8, 32, 100]),
            Filter.SzipMethod.nearestNeighbour
        ),
        (Filter(id: 4, name: "szip", isOptional: true, parameters: [141, 8, 32, 100]), .entropyCoding),
        (Filter(id: 4, name: "szip", isOptional: true, parameters: [0, 8]), nil), (.shuffle, nil),
    ])
    func szipMethod_IsReadOffTheMask(filter: Filter, expected: Filter.SzipMethod?) {
        #expect(filter.szipMethod == expected)
    }

    @Test(arguments: [
        ([2, 5, 100] as [UInt32], Filter.ScaleOffset.bits(5)), ([0, 2], .digits(2)), ([1, 2], nil), ([2], nil),
        ([2, UInt32.max], nil),
    ])
    func scaleOffset_IsReadOffTheParameters(parameters: [UInt32], expected: Filter.ScaleOffset?) {
        #expect(Filter(id: 6, name: "", isOptional: true, parameters: parameters).scaleOffset == expected)
    }
}
