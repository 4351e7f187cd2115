// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "transactions",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "lockedh5", path: "../..")],
    targets: [
        .executableTarget(
            name: "transactions", dependencies: [.product(name: "LockedH5", package: "lockedh5")], path: "Sources",
            swiftSettings: [.treatAllWarnings(as: .error)])
    ]
)
