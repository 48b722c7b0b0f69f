import ClusterObjects
import Foundation
import Logging

@testable import ClusterStore

let pods = GroupResource("", "pods")
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func folder() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("skiff-store-\(UUID().uuidString)").path
}

func bytes(_ text: String) -> [UInt8] { Array("{\"data\":\"\(text)\"}".utf8) }

/// A store in a folder of its own, which goes when the body has ended.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let directory = folder()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
}

func mode(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

/// A generator that gives the same numbers each time: SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
