import H5Model
import HDF5JSON
import HTTPMessage

/// A datatype by its HDF5/JSON description.
///
/// What that does not say is lost: offsets in a compound (it becomes packed), and, since a decoder does not tell it, the
/// order of an enumeration's members (they are sorted by value).
struct DescribedDatatype: Decodable {
    let datatype: Datatype

    init(from decoder: any Decoder) throws {
        do {
            datatype = try DatatypeJSON.read(JSONTree(decoding: decoder))
        } catch let error as ServiceError {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }
}

extension JSONTree {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    private struct Decoded: Decodable {
        let tree: JSONTree

        init(from decoder: any Decoder) throws { tree = try JSONTree(decoding: decoder) }
    }

    /// The value that a decoder stands at, as far as descriptions of datatypes have them.
    fileprivate init(decoding decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            let members = try object.allKeys.map { key in
                Member(name: Array(key.stringValue.utf8), value: try object.decode(Decoded.self, forKey: key).tree)
            }
            self = .object(members.sorted { $0.value.order < $1.value.order })
        } else if var list = try? decoder.unkeyedContainer() {
            var elements: [JSONTree] = []
            while !list.isAtEnd { elements.append(try list.decode(Decoded.self).tree) }
            self = .list(elements)
        } else {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int64.self) {
                self = .number(.integer(number))
            } else if let number = try? value.decode(UInt64.self) {
                self = .number(.unsigned(number))
            } else {
                self = .string(Array(try value.decode(String.self).utf8))
            }
        }
    }

    /// A number's bit pattern, by which an enumeration's members are sorted.
    private var order: Int64 {
        switch self {
        case .number(.integer(let number)): number
        case .number(.unsigned(let number)): Int64(bitPattern: number)
        default: 0
        }
    }
}
