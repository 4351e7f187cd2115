/// Rows of text in columns.
enum Columns {
    /// A cell: what is shown, and how wide that is without colours.
    struct Cell {
        var text: String
        var style: Style?
        var isNumber = false

        init(_ text: String, _ style: Style? = nil, isNumber: Bool = false) {
            (self.text, self.style, self.isNumber) = (text, style, isNumber)
        }
    }

    /// The rows as lines; columns that are empty in all rows are left out, numbers end at one place.
    static func lines(_ rows: [[Cell]], _ output: Output) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].text.displayWidth : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            var gap = ""
            for (column, cell) in row.enumerated() where widths[column] > 0 {
                let room = String(repeating: " ", count: widths[column] - cell.text.displayWidth)
                let shown = output.styled(cell.text, cell.text.isEmpty ? nil : cell.style)
                line += cell.isNumber ? gap + room + shown : gap + shown
                gap = cell.isNumber ? "  " : room + "  "
            }
            return line
        }
    }

    /// Short texts side by side, down and then across, as `ls` has them.
    static func grid(_ cells: [Cell], width: Int, _ output: Output) -> [String] {
        let widths = cells.map(\.text.displayWidth)
        guard let shortest = widths.min() else { return [] }
        let most = min(max((width + 2) / (shortest + 2), 1), cells.count)
        for count in stride(from: most, through: 1, by: -1) {
            let rows = (cells.count + count - 1) / count
            let starts = stride(from: 0, to: cells.count, by: rows)
            let needed = starts.reduce(-2) { $0 + 2 + (widths[$1..<min($1 + rows, cells.count)].max() ?? 0) }
            if count > 1, needed > width { continue }
            let table = (0..<rows).map { row in stride(from: row, to: cells.count, by: rows).map { cells[$0] } }
            return lines(table, output)
        }
        return []
    }
}

extension String {
    /// How many columns a terminal needs for it: two for the wide characters of East Asia and for pictures, none for marks
    /// on others.
    var displayWidth: Int {
        if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.count }
        return reduce(0) { width, character in
            guard let scalar = character.unicodeScalars.first else { return width }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
                return width + 2
            default: return width + 1
            }
        }
    }
}
