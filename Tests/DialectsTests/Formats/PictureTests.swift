import Testing

@testable import Dialects

struct PictureTests {
    private func image(
        _ rows: [[Double]], _ change: (inout PictureOptions) -> Void = { _ in }
    ) -> PNGImage {
        var options = PictureOptions()
        change(&options)
        var map = HeatMap(rows: rows.count, columns: rows[0].count, options)
        map.add(rows.flatMap(\.self))
        return map.image
    }

    @Test func heatMap_OfNumbers_HasAColourForEach() {
        let image = image([[0, 1, 2.5], [.nan, .infinity, -.infinity]])
        #expect((image.width, image.height) == (3, 2))
        #expect(image.pixels == [0, 102, 254, 255, 254, 0])
        #expect(image.colours.count == 256)
        #expect(image.colours[255] == [0, 0, 0, 0])
    }

    @Test func heatMap_OfARange_ClampsToIt() {
        let image = image([[0, 1, 2, 3, 4]]) { options in
            options.minimum = 1
            options.maximum = 3
        }
        #expect(image.pixels == [0, 0, 127, 254, 254])
    }

    @Test func heatMap_OfAWidth_IsMagnifiedOrThinnedOut() {
        let magnified = image([[0, 1]]) { $0.width = 17 }
        #expect((magnified.width, magnified.height) == (16, 8))
        #expect(HeatMap(rows: 5000, columns: 3000, PictureOptions()).steps == [3, 3])
        #expect(HeatMap(rows: 9000, columns: 3, PictureOptions()).steps == [5, 1])
    }

    @Test func heatMap_WithoutARange_IsOfOneColour() {
        #expect(image([[7, 7]]).pixels == [0, 0])
        #expect(image([[.nan, .nan]]).pixels == [255, 255])
    }

    @Test(arguments: [1, 2, 3, 782, 783, 5000])
    func line_OfAnyLength_FillsEveryColumn(count: Int) {
        var plot = LinePlot(count: count, PictureOptions())
        plot.add((0..<count).map { Double($0 % 7) })
        let image = plot.image
        #expect((image.width, image.height) == (800, 400))
        for column in 9..<791 {
            #expect((0..<image.height).contains { image.pixels[$0 * image.width + column] == 2 })
        }
        #expect(!image.pixels[..<(8 * 800)].contains(2))
    }

    @Test(arguments: 16...40)
    func line_OfASmallWidth_IsInsideItsFrame(width: Int) {
        for count in [1, 2, 3, 1000] {
            for number in [Double.nan, 5] {
                var options = PictureOptions()
                (options.width, options.minimum, options.maximum) = (width, 0, number.isNaN ? 1 : 10)
                var plot = LinePlot(count: count, options)
                plot.add((0..<count).map { number + Double($0 % 2) })
                let image = plot.image
                #expect((image.width, image.height) == (width, width / 2))
                let columns = (0..<width).filter { column in
                    (0..<image.height).contains { image.pixels[$0 * width + column] == 2 }
                }
                #expect(columns == (number.isNaN ? [] : Array(width / 8 + 1..<width - width / 8 - 1)))
                #expect(image.pixels.contains(1))
            }
        }
    }

    @Test func line_OfNothingFinite_IsAFrame() {
        var plot = LinePlot(count: 2, PictureOptions())
        plot.add([.nan, .infinity])
        #expect(!plot.image.pixels.contains(2))
    }

    @Test func colours_OfEveryMap_BeginAndEndAsItsAnchors() {
        for map in Colormap.allCases {
            let colours = map.colours(255)
            #expect(colours.count == 255)
            #expect(map.colours(1) == [colours[0]])
        }
        #expect(Colormap.gray.colours(3) == [[0, 0, 0], [128, 128, 128], [255, 255, 255]])
        #expect(Colormap.viridis.colours(255).last == [0xFD, 0xE7, 0x25])
    }

    @Test func file_OfPixels_IsAPNG() throws {
        var image = PNGImage(width: 3, height: 2, colours: [[1, 2, 3, 255], [0, 0, 0, 0]])
        image.pixels = [0, 1, 0, 1, 0, 1]
        let file = try image.file()
        #expect(Array(file[..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(Array(file[16..<24]) == [0, 0, 0, 3, 0, 0, 0, 2])
        #expect(Array(file[(file.count - 8)..<(file.count - 4)]) == Array("IEND".utf8))
    }
}
