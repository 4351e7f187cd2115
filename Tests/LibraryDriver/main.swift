// Does what the lines of standard input say with the LockedH5 library: each is one writing scope, a file with a list of
// operations, and is answered by a line with the outcome of each.
import Glibc
import H5Model
import HTTPMessage
import LockedH5

/// A file that a scope makes: the format's bounds, and whether the root group keeps the order of its links.
func creation(_ members: Members) throws -> FileCreation {
    let bounds = try members.list("libver").compactMap { $0.text.flatMap(FormatVersion.init) }
    return FileCreation(libver: (bounds[0], bounds[1]), tracksCreationOrder: try members.flag("trackOrder"))
}

func perform(_ operation: JSONTree, _ file: borrowing WritableFile) throws -> ServiceError? {
    do {
        try Operation(Members(operation)).perform(file)
        return nil
    } catch let error as ServiceError {
        return error
    }
}

/// Does one line; an operation that is refused leaves the others of its scope.
func run(_ line: String) throws -> [ServiceError?] {
    let members = try Members(line: line)
    let operations = try members.list("operations")
    let isNew = members.has("create")
    let made = isNew ? try creation(members.members("create")) : FileCreation()
    var outcomes: [ServiceError?] = []
    var failure: (any Error)?
    try LockedFile.write(members.text("file"), mode: isNew ? .create : .existing, creation: made) { file in
        do {
            for operation in operations { outcomes.append(try perform(operation, file)) }
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return outcomes
}

while let line = readLine() {
    let outcomes = try run(line)
    var json = JSONWriter()
    json.object { json in
        json.key("outcomes")
        json.array { json in
            for outcome in outcomes {
                guard let outcome else {
                    json.null()
                    continue
                }
                json.array { json in
                    json.string(outcome.code.rawValue)
                    json.string(outcome.message)
                }
            }
        }
    }
    print(String(decoding: json.bytes, as: UTF8.self))
    fflush(nil)
}
