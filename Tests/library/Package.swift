// swift-tools-version: 6.2
import PackageDescription

// Another package that uses the libraries: its sources are the snippets of their documentation, and a program that uses both.
// `extract.py` copies this file to `.build/articles` and puts them beside it.
let products: [Target.Dependency] = [
    .product(name: "LockedH5", package: "lockedh5"), .product(name: "LockedH5Client", package: "lockedh5"),
]
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "library",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "lockedh5", path: "../..")],
    targets: [
        .executableTarget(name: "Articles", dependencies: products, swiftSettings: swift),
        .executableTarget(name: "Both", dependencies: products, swiftSettings: swift),
    ]
)
