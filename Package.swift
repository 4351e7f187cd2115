// swift-tools-version: 6.2
import PackageDescription

/// Every target is compiled in Swift 6 mode with warnings as errors; imports are internal unless
/// they say otherwise, and a member is visible only where its module is imported.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "lockedh5",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "lockedh5", targets: ["LockedH5Command"]),
        .library(name: "LockedH5", targets: ["LockedH5", "H5Elements", "H5Model"]),
        .library(name: "LockedH5Client", targets: ["LockedH5Client", "H5Elements", "H5Model"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // Checksums; async-http-client's packages have it too.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        // async-http-client's own, named because its types are in that package's interface.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        // C libraries and shims.
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPng", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .target(name: "CProcess", dependencies: ["CSeccomp"], cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "CNumbers"),
        .systemLibrary(name: "CExtendedAttributes"),

        // The core: values go up, handles do not.
        .target(name: "H5Model", swiftSettings: swift),
        .target(name: "H5Elements", dependencies: ["H5Model"], swiftSettings: swift),
        .target(name: "RedoLog", swiftSettings: swift),
        .target(name: "FileLock", dependencies: ["CExtendedAttributes"], swiftSettings: swift),
        .target(name: "HDF5", dependencies: ["CHDF5", "H5Model", "RedoLog"], swiftSettings: swift),
        .target(
            name: "LockedH5", dependencies: ["HDF5", "H5Elements", "H5Model", "FileLock", "RedoLog"],
            // Groups and datasets that cannot leave their scope: a feature for those who declare such types, not for users.
            swiftSettings: swift + [.enableExperimentalFeature("Lifetimes")]),

        // HTTP as plain values, and the dialects over the core.
        .target(
            name: "HTTPMessage", dependencies: [.product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: swift),
        .target(name: "HDF5JSON", dependencies: ["HTTPMessage", "H5Model", "CNumbers"], swiftSettings: swift),
        .target(
            name: "Routes",
            dependencies: ["HTTPMessage", "H5Model", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: swift),
        .target(
            name: "Dialects",
            dependencies: [
                "Routes", "HTTPMessage", "HDF5JSON", "LockedH5", "H5Model", "CZlib", "CPng",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: swift),

        // The gate and its workers.
        .target(
            name: "WorkerMessage",
            dependencies: [
                "Routes", "HTTPMessage", "H5Model", .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: swift),
        .target(
            name: "Gate",
            dependencies: [
                "CMicrohttpd", "CProcess", "Routes", "HTTPMessage", "FileLock", "RedoLog", "H5Model", "WorkerMessage",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),
        .target(
            name: "LockedH5Client",
            dependencies: [
                "Routes", "HTTPMessage", "HDF5JSON", "H5Elements", "H5Model",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "LockedH5Command",
            dependencies: [
                "Gate", "Dialects", "LockedH5", "LockedH5Client", "WorkerMessage", "CProcess", "FileLock", "H5Model",
                "HTTPMessage", "HDF5JSON", "Routes", "RedoLog",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),

        // Tests, and what several of them use.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swift),
        .target(name: "LeakCheck", dependencies: ["HDF5"], path: "Tests/LeakCheck", swiftSettings: swift),
        .executableTarget(
            name: "LibraryDriver", dependencies: ["LockedH5", "Dialects", "HDF5JSON", "HTTPMessage", "H5Model"],
            path: "Tests/LibraryDriver", swiftSettings: swift),
        .executableTarget(
            name: "ClientDriver", dependencies: ["LockedH5Client", "HTTPMessage", "H5Model"],
            path: "Tests/ClientDriver", swiftSettings: swift),
        .testTarget(name: "H5ModelTests", dependencies: ["H5Model"], swiftSettings: swift),
        .testTarget(name: "RedoLogTests", dependencies: ["RedoLog"], swiftSettings: swift),
        .testTarget(name: "FileLockTests", dependencies: ["FileLock"], swiftSettings: swift),
        .testTarget(
            name: "HDF5Tests", dependencies: ["HDF5", "H5Model", "RedoLog", "CHDF5", "LeakCheck"], swiftSettings: swift),
        .testTarget(
            name: "LockedH5Tests", dependencies: ["LockedH5", "HDF5", "H5Model", "CHDF5", "LeakCheck", "TestSupport"],
            swiftSettings: swift),
        .testTarget(name: "HTTPMessageTests", dependencies: ["HTTPMessage"], swiftSettings: swift),
        .testTarget(name: "HDF5JSONTests", dependencies: ["HDF5JSON", "HTTPMessage", "H5Model"], swiftSettings: swift),
        .testTarget(
            name: "RoutesTests",
            dependencies: ["Routes", "HTTPMessage", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: swift),
        .testTarget(
            name: "DialectsTests",
            dependencies: [
                "Dialects", "Routes", "HTTPMessage", "HDF5JSON", "H5Model", "LockedH5", "CZlib",
                "LeakCheck",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "WorkerMessageTests",
            dependencies: [
                "WorkerMessage", "Routes", "HTTPMessage", "H5Model",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "GateTests",
            dependencies: [
                "Gate", "H5Model", "FileLock", "HTTPMessage", "CProcess",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "LockedH5ClientTests",
            dependencies: [
                "LockedH5Client", "HTTPMessage", "H5Model", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: swift),
        .testTarget(
            name: "ContractTests", dependencies: ["LockedH5", "LockedH5Client", "H5Model", "TestSupport"],
            swiftSettings: swift + [.enableExperimentalFeature("Lifetimes")]),
    ],
    cLanguageStandard: .gnu11,
    cxxLanguageStandard: .cxx17
)
