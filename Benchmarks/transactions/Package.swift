// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "transactions",
    dependencies: [.package(name: "lockedh5", path: "../..")],
    targets: [
        .executableTarget(name: "transactions", dependencies: [.product(name: "LockedH5", package: "lockedh5")])
    ])
