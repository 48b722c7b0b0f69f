import Foundation
import Programs
import ManifestLoader
import Testing

@testable import Reconciler

/// A repository made by the installed git in a temporary folder: a bare `origin` and a clone to push from.
struct Repository {
    let folder: String
    var origin: String { "\(folder)/origin.git" }
    var clone: String { "\(folder)/clone" }

    init() throws {
        folder = NSTemporaryDirectory() + "skiff-rec-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try git("init", "--quiet", "--bare", "--initial-branch=main", origin)
        try git("init", "--quiet", "--initial-branch=main", clone)
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.com"), ("commit.gpgsign", "false")] {
            try git("-C", clone, "config", key, value)
            try git("-C", origin, "config", key, value)
        }
        try git("-C", clone, "remote", "add", "origin", origin)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
        let done = try Program.run("/usr/bin/env", ["git"] + arguments)
        try #require(done.status == 0, "\(arguments): \(done.errors)")
        return done.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes files (nil deletes), commits and pushes; the commit.
    @discardableResult
    func push(_ files: [String: String?], _ message: String = "change", force: Bool = false) throws -> String {
        for (name, text) in files {
            let path = "\(clone)/\(name)"
            guard let text else {
                try FileManager.default.removeItem(atPath: path)
                continue
            }
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        try git("-C", clone, "add", "-A")
        try git("-C", clone, "commit", "--quiet", "--allow-empty", "-m", message)
        if force {
            try git("-C", clone, "push", "--quiet", "--force", "origin", "HEAD:main")
        } else {
            try git("-C", clone, "push", "--quiet", "origin", "HEAD:main")
        }
        return try git("-C", clone, "rev-parse", "HEAD")
    }

    func options(ref: String = "", path: String = "", cluster: String = "test") -> SourceOptions {
        SourceOptions(repository: origin, ref: ref, path: path, cluster: cluster, directory: "\(folder)/mirror.git", deadline: 20)
    }
}

func withRepository(_ body: (Repository) async throws -> Void) async throws {
    let repository = try Repository()
    defer { repository.remove() }
    try await body(repository)
}
