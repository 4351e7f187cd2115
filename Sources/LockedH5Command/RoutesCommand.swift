import ArgumentParser
import HTTPTypes
import Routes

/// `lockedh5 routes`: the route table, a line each, for comparing it with the OpenAPI document.
struct RoutesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "Write the route table.", shouldDisplay: false)

    func run() {
        for route in NativeRoutes.table {
            let parameters = route.allowedParameters.joined(separator: ",")
            print(route.method.rawValue, route.prefix, route.subject, route.operation.rawValue, parameters)
        }
    }
}
