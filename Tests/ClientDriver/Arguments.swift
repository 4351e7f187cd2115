import Foundation

/// The command line: a server, a command, and what it is about.
struct Arguments: Sendable {
    struct Wrong: Error, CustomStringConvertible {
        var description: String
    }

    let url: URL
    let command: String
    private let values: [String: String]

    init(_ arguments: ArraySlice<String>) throws {
        guard arguments.count >= 2, let first = arguments.first, let url = URL(string: first) else {
            throw Wrong(description: "usage: ClientDriver URL COMMAND NAME=VALUE...")
        }
        self.url = url
        command = arguments[arguments.startIndex + 1]
        var values: [String: String] = [:]
        for argument in arguments.dropFirst(2) {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Wrong(description: "\(argument) is not NAME=VALUE") }
            values[parts[0]] = parts[1]
        }
        self.values = values
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name] else { throw Wrong(description: "\(name)= is missing") }
        return value
    }

    func number(_ name: String, _ standard: Int? = nil) throws -> Int {
        guard let value = values[name] else {
            guard let standard else { throw Wrong(description: "\(name)= is missing") }
            return standard
        }
        guard let number = Int(value) else { throw Wrong(description: "\(name)=\(value) is no number") }
        return number
    }

    func flag(_ name: String) -> Bool { values[name] == "true" }
}
