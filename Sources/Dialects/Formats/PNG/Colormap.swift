/// The colours of a picture, from the least value to the largest.
///
/// But for gray, which is a formula, these are the colour maps that Matplotlib has under the same names (its own are in
/// the public domain, CC0), drawn as straight lines between 33 colours.
public enum Colormap: String, CaseIterable, Sendable {
    case viridis, gray, plasma, inferno, magma, cividis, coolwarm, turbo

    /// Colours for so many equal parts of the range, as bytes of red, green and blue.
    func colours(_ count: Int) -> [[UInt8]] {
        let anchors = anchors.split(separator: " ").compactMap { Int($0, radix: 16) }
        let last = anchors.count - 1
        return (0..<count).map { part in
            let place = Double(part * last) / Double(max(count - 1, 1))
            let first = min(Int(place), last - 1)
            return [16, 8, 0].map { shift in
                let (low, high) = (Double(anchors[first] >> shift & 255), Double(anchors[first + 1] >> shift & 255))
                return UInt8((low + (high - low) * (place - Double(first))).rounded())
            }
        }
    }

    /// Colours as hexadecimal digits, evenly spaced.
    private var anchors: String {
        switch self {
        case .gray: "000000 ffffff"
        case .viridis:
            """
            440154 470d60 48186a 482374 472d7b 453681 424086 3f4989 3b528b 375a8d 33638d \
            2f6a8e 2c728e 297a8e 26818e 23898e 21908c 1f988b 1f9f88 21a685 28ae80 31b57b \
            3ebc74 4cc26c 5dc963 6ece58 82d34c 96d83f abdc32 c0df24 d5e21a eae51a fde725
            """
        case .plasma:
            """
            0d0887 220690 310596 3f049c 4c02a1 5901a5 6600a7 7201a8 7e03a8 8909a6 9511a2 \
            9f1a9c a92396 b22c8e bb3587 c33e80 cb4778 d25071 d9596a e06263 e66c5c eb7555 \
            f07f4f f48a48 f89441 fb9f3a fdab33 feb72d fdc328 fcd025 f9dd25 f5eb27 f0f921
            """
        case .inferno:
            """
            000004 040312 0b0724 150b37 210c4a 2e0a5a 3c0965 4a0c6b 57106d 63146e 70196e \
            7d1e6d 89226a 962766 a32b61 af315c bb3755 c63e4d d14644 db4f3b e35932 eb6528 \
            f1711e f67f14 f98d0a fb9c06 fcab0f fbba1f f9ca32 f5d949 f2e865 f3f586 fcffa4
            """
        case .magma:
            """
            000004 030311 0a0822 130d33 1d1146 28115a 36106a 430f76 50127c 5d177f 691c81 \
            762181 822681 8f2a81 9c2e7f a9327d b63779 c33b75 cf4170 db486a e65163 ee5c5e \
            f5695c f9785d fb8761 fd9668 fea571 feb47b fec387 fed194 fde0a2 fceeb0 fcfdbf
            """
        case .cividis:
            """
            00224e 00285b 002e6a 043371 1a386f 273e6e 32436d 3b496c 434e6c 4b546c 52596d \
            5a5f6e 61656f 686a71 6f7073 757676 7c7b78 848179 8b8778 938d78 9b9376 a39a75 \
            aba072 b3a670 bbad6c c3b469 ccba64 d4c15f ddc958 e6d051 efd748 f8df3c fee838
            """
        case .coolwarm:
            """
            3b4cc0 445acc 4d68d7 5775e1 6282ea 6c8ef1 779af7 82a5fb 8db0fe 98b9ff a3c2fe \
            aec9fc b8d0f9 c2d5f4 ccd9ee d5dbe6 dddddd e5d8d1 ecd3c5 f1ccb9 f4c4ad f7bba0 \
            f7b194 f7a687 f49a7b f18d6f ec7f63 e57058 de604d d55042 cb3e38 c0282f b40426
            """
        case .turbo:
            """
            30123b 392a73 4040a1 4456c7 466be3 467ff6 4293ff 37a7fa 29bbec 1dcdd8 18dcc3 \
            1ee8b0 31f299 4cf97e 6bfd64 8aff4d a3fd3c b8f735 cced34 dee037 edd03a f8c03a \
            fdae35 fe982c fb8022 f56817 ec520f e04009 d23105 c02302 ac1701 950d01 7a0403
            """
        }
    }
}
