import H5Model
import Testing

@Suite struct ChunkingTests {
    /// Shapes, bytes of an element, and what h5py 3.16 guesses for them.
    @Test(arguments: [
        ([158_489_944], 2, [38694]), ([975_287_262], 3_000_000, [1]), ([14529, 144], 5000, [57, 1]),
        ([259, 11, 121], 2, [65, 3, 31]), ([35, 0, 0], 2, [3, 64, 128]), ([11814], 8, [1477]),
        ([273, 37, 320, 301], 3_000_000, [1, 1, 1, 1]), ([38_226_536], 1, [37331]), ([2398, 18, 0], 12, [75, 2, 64]),
        ([8, 2, 0, 42, 216], 12, [1, 1, 64, 6, 27]), ([21, 9], 16, [21, 9]),
        ([247, 28, 109, 4, 222], 2, [31, 4, 14, 1, 56]), ([99], 8, [99]), ([1730, 8, 0], 5000, [14, 1, 8]),
        ([33487], 8, [1047]), ([829_088_440], 2, [101208]), ([12], 1, [12]), ([1_336_527], 100, [653]),
        ([52070], 16, [814]), ([138_778_667], 8, [16941]), ([9, 3, 1658], 8, [3, 1, 415]),
        ([24137, 20], 5000, [48, 1]),
        ([1477, 4830], 2, [47, 302]), ([57904], 4, [3619]), ([7120], 8, [890]), ([0], 5000, [4]), ([0], 3_000_000, [1]),
        ([46, 137], 5000, [2, 5]), ([12, 4], 4, [12, 4]), ([5, 0], 1, [5, 1024]), ([8508], 100, [133]),
        ([6, 0, 0, 67], 8, [1, 64, 64, 5]), ([0, 0], 16, [32, 64]), ([1, 0, 4, 246, 220], 16, [1, 64, 1, 16, 14]),
        ([1230, 6, 25], 100, [77, 1, 4]), ([542], 5000, [5]), ([29, 150, 0], 8, [2, 19, 128]),
        ([2, 64890], 8, [1, 2028]), ([1], 8, [1]), ([0, 0], 2_097_152, [1, 1]), ([1_099_511_627_776], 8, [65536]),
    ])
    func guess_IsWhatH5pyGuesses(shape: Shape, itemSize: Int, expected: Shape) {
        #expect(Chunking.guess(shape: shape, itemSize: itemSize) == expected)
    }

    /// What `create_dataset(shape=(3000,), chunks=True)` gets for these types.
    @Test(arguments: [
        (Datatype.variableString(.utf8, .nullTerminated), 1500), (.reference(.region), 1500),
        (
            .compound(
                .init(packing: [
                    ("a", .integer(.init(size: 2, isSigned: true))), ("b", .variableString(.utf8, .nullTerminated)),
                ])), 750
        ),
    ])
    func storedLayout_CountsPointers_ForWhatHasNoSizeOfItsOwn(datatype: Datatype, expected: Int) {
        let creation = DatasetCreation(
            dataspace: .simple([3000], maximum: [3000]), datatype: datatype, layout: .automaticChunks)
        #expect(creation.storedLayout == .chunked([expected]))
    }
}
