// swift-tools-version: 6.2
import PackageDescription

// Another package that uses LockedH5: its sources are the snippets of the documentation. `extract.py` copies this file to
// `.build/articles` and puts them beside it.
let package = Package(
    name: "library",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "lockedh5", path: "../..")],
    targets: [
        .executableTarget(
            name: "Articles", dependencies: [.product(name: "LockedH5", package: "lockedh5")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
