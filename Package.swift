// swift-tools-version: 6.1
import PackageDescription

/// The rooms of shared/DESIGN.md, lowest last. A room imports only what stands below it.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6)]

func room(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// Tests are compiled quickly rather than well: what they test is optimized.
let quick: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        swiftSettings: quick)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOHTTP2", package: "swift-nio-http2"),
]

let certificates: [Target.Dependency] = [
    .product(name: "X509", package: "swift-certificates"), .product(name: "Crypto", package: "swift-crypto"),
]

let package = Package(
    name: "skiff",
    products: [.executable(name: "skiff", targets: ["skiff"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "skiff",
            dependencies: [
                "Cluster", "Reconciler", "ManifestLoader", "ClusterNode", "ClusterNetwork",
                .product(name: "ArgumentParser", package: "swift-argument-parser"), log, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], path: "Sources/skiff", swiftSettings: strict),
        room("Reconciler", "Sources/Reconciler", ["ManifestLoader", "ClusterClient", "CLibgit2", "CLinux", log, lifecycle]),
        room("ManifestLoader", "Sources/ManifestLoader", ["ClusterAPI", "CLibyaml"]),
        room(
            "Cluster", "Sources/Cluster/Engine",
            [
                "ClusterNode", "ClusterNetwork", "ClusterControllers", "ClusterScheduler", "ClusterServer", "ClusterClient",
                "ClusterTransport", "ClusterStore", "ClusterAPI", log, lifecycle,
            ]),
        room("ClusterNode", "Sources/Cluster/Node", ["ClusterClient", "ClusterTransport", "CLinux", log, lifecycle] + nio),
        room("ClusterNetwork", "Sources/Cluster/Network", ["ClusterClient", "CLinux", log, lifecycle] + nio),
        room("ClusterControllers", "Sources/Cluster/Controllers", ["ClusterClient", log, lifecycle]),
        room("ClusterScheduler", "Sources/Cluster/Scheduler", ["ClusterClient", log, lifecycle]),
        room(
            "ClusterServer", "Sources/Cluster/Server",
            [
                "ClusterClient", "ClusterStore", "ClusterTransport", "CLinux", log, lifecycle,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        room(
            "ClusterClient", "Sources/Cluster/Client",
            [
                "ClusterAPI", "ClusterTransport", log,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        room(
            "ClusterTransport", "Sources/Cluster/Transport",
            nio + certificates + [log, lifecycle, "CZlib"]),
        room(
            "ClusterStore", "Sources/Cluster/Store",
            [
                "ClusterObjects", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Crypto", package: "swift-crypto"),
                log,
            ]),
        room(
            "ClusterAPI", "Sources/Cluster/API",
            ["ClusterObjects", "CFacts"] + certificates),
        room("ClusterObjects", "Sources/Cluster/Objects", []),
        .systemLibrary(
            name: "CLibgit2", path: "Sources/CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(
            name: "CLibyaml", path: "Sources/CLibyaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLinux", path: "Sources/CLinux"),
        .target(
            name: "CFacts", path: "Sources/CFacts",
            exclude: ["types.json", "resources.json", "tables.json", "bootstrap-rbac.json", "protobuf.json"],
            cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
        tests("ClusterObjects"),
        tests("ClusterStore", [.product(name: "GRDB", package: "GRDB.swift")]),
        tests("ClusterAPI"),
        tests("ClusterNode", ["ClusterServer", "ClusterStore"]),
        tests("ClusterTransport", nio + certificates),
        tests("ClusterClient"),
        tests("ClusterNetwork"),
        tests("ClusterControllers", certificates),
        tests("ClusterScheduler"),
        tests("ClusterServer", ["ClusterStore", log]),
        tests("ManifestLoader"),
        // Programs that tests run.
        room("Programs", "Tests/Programs", ["CLinux"]),
        tests("Reconciler", ["ClusterServer", "ClusterStore", "Programs"]),
        .testTarget(name: "EndToEnd", dependencies: ["skiff", "ClusterClient", "Programs"], path: "Tests/EndToEnd", swiftSettings: quick),
    ]
)

// Fuzzers need flags of their own: Scripts/fuzz.
if Context.environment["SKIFF_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["ManifestLoader", "ClusterAPI", "ClusterObjects", "CLibFuzzer", "CZlib"], path: "Tests/Fuzz",
            exclude: ["CLibFuzzer", "Corpus"], swiftSettings: strict),
    ]
}
