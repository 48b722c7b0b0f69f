import Foundation
import Programs
import Testing

/// Manifests and repositories that are wrong: each is told with its place and what would be right, and the cluster stays as it was.
@Suite(.serialized, .ownThreads) struct BadInputTests {
    private static let loop = ["--without", "node,proxy"]

    /// A file that is wrong, and what is said of it.
    struct Wrong: Sendable, CustomTestStringConvertible {
        var file: String
        var bytes: [UInt8]
        var told: [String]
        var testDescription: String { file }

        init(_ file: String, _ text: String, _ told: String...) {
            self.file = file
            bytes = Array(text.utf8)
            self.told = told
        }

        init(_ file: String, bytes: [UInt8], _ told: String...) {
            self.file = file
            self.bytes = bytes
            self.told = told
        }
    }

    private static let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "

    private static var bomb: String {
        var text = map + "bomb\ndata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text += "  a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        return text
    }

    static let wrong = [
        Wrong("tab.yaml", map + "tab\ndata:\n\tcolor: blue\n", "tab.yaml:6:1: ", "tab"),
        Wrong("twice.yaml", map + "twice\ndata:\n  color: blue\n  color: red\n", "twice.yaml:7:3: ", "color", "twice"),
        Wrong("anchor.yaml", map + "anchor\ndata:\n  color: *nobody\n", "anchor.yaml:6:10: ", "nobody"),
        Wrong("scalar.yaml", map + "scalar\ndata:\n  text: " + String(repeating: "x", count: 10 << 20) + "\n", "scalar.yaml:6:", "bytes"),
        Wrong(
            "nested.yaml",
            map + "nested\ndata:\n  deep: " + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000) + "\n",
            "nested.yaml:6:", "deep"),
        Wrong("bomb.yaml", bomb, "bomb.yaml:", "alias"),
        Wrong("latin1.yaml", bytes: Array((map + "latin\ndata:\n  name: caf").utf8) + [0xE9, 0x0A], "latin1.yaml:6:12: ", "UTF-8"),
        Wrong(
            "kind.yaml", "apiVersion: v1\nkind: ConfigMpa\nmetadata: {name: kind}\n", "kind.yaml:2:", "ConfigMpa", "did you mean ConfigMap?"
        ),
        Wrong("type.yaml", map + "type\ndata:\n  port: 80\n", "type.yaml:6:3: ", "ConfigMap default/type", "data.port", "quote it"),
        Wrong("nameless.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "nameless.yaml:3:", "name"),
        Wrong("one.yaml", map + "same\n"),
        Wrong("other.yaml", map + "same\n", "other.yaml:1:1: ", "ConfigMap default/same", "one.yaml:1", "keep one"),
        Wrong("binary.yaml", bytes: [0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00], "binary.yaml:1:"),
        Wrong("values.yaml", "replicas: 3\n", "values.yaml:1:", ".skiffignore"),
    ]

    @Test func `everything wrong in a commit is told at once, by validate and by the cluster, which changes nothing`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("Good")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.loop)
        try await eventually("the good commit runs") { try cluster.greeting() == "hello" }

        for file in Self.wrong { try repository.write(file.file, Data(file.bytes)) }
        try repository.write("web.yaml", Manifest.configMap("web", "goodbye"))
        let validate = try Program.run(Program.skiff, ["validate", repository.work])
        #expect(validate.status == 1)
        try repository.push("Bad")
        try await eventually("the bad commit is told of") { cluster.said.contains("values.yaml:1:") }
        for text in [validate.output, cluster.said] {
            for file in Self.wrong where !file.told.isEmpty {
                let lines = text.split(separator: "\n").filter { $0.hasPrefix("\(file.file):") || $0.contains(" \(file.file):") }
                #expect(lines.contains { line in file.told.allSatisfy { line.contains($0) } }, "\(file.told) in \(lines)")
            }
        }
        #expect(validate.output.split(separator: "\n").allSatisfy { $0.utf8.count < 1000 }, "no message holds a whole scalar")
        #expect(try cluster.greeting() == "hello", "nothing of a bad commit is applied")
        let status = try cluster.skiff("status")
        #expect(status.output.contains("tab.yaml:6:1"), "\(status.output)")

        for file in Self.wrong { try repository.git("rm", "-q", file.file) }
        try repository.push("Mended")
        try await eventually("the mended commit runs") { try cluster.greeting() == "goodbye" }
    }

    @Test func `an object in a namespace that is absent fails alone, and prunes nothing until it is mended`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.write("old.yaml", Manifest.configMap("old", "still here"))
        try repository.push("Good")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.loop)
        try await eventually("the good commit runs") { try cluster.greeting() == "hello" && cluster.greeting("old") == "still here" }

        try repository.write("lost.yaml", "# in no namespace that is\n" + Manifest.configMap("lost", "where am I", namespace: "atlantis"))
        try repository.write("web.yaml", Manifest.configMap("web", "goodbye"))
        try repository.git("rm", "-q", "old.yaml")
        try repository.push("Lost")
        try await eventually("the failure is told of") { cluster.said.contains("lost.yaml:2") }
        let line = try #require(cluster.said.split(separator: "\n").first { $0.contains("lost.yaml:2") })
        for word in ["ConfigMap atlantis/lost", "namespaces \"atlantis\" not found"] { #expect(line.contains(word), "\(line)") }
        try await eventually("the other objects are applied") { try cluster.greeting() == "goodbye" }
        #expect(try cluster.greeting("old") == "still here", "a pass that failed prunes nothing")
        #expect(try cluster.skiff("status").output.contains("atlantis"))

        try repository.write("atlantis.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: atlantis}\n")
        try repository.push("Found")
        try await eventually("the object is made") {
            try cluster.kubectl("get", "configmap", "lost", "-n", "atlantis", "--ignore-not-found", "-o", "name").output
                == "configmap/lost\n"
        }
        try await eventually("what is gone from git is pruned now") { try cluster.greeting("old").isEmpty }
    }

    @Test func `a repository may come later, empty at first, and lose its branch: the cluster keeps the last good commit`() async throws {
        let folder = try Folder()
        let bare = folder.path + "/deploy.git"
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", bare] + Self.loop)
        try await eventually("the missing repository is named") { cluster.said.contains("cannot reach \(bare): no such folder") }

        let repository = try Repository(folder)
        try await eventually("the empty repository is told of") { cluster.said.contains("\(bare) has no commit yet: push one") }
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        try await eventually("the first commit runs") { try cluster.greeting() == "hello" }

        // History that has nothing to do with the one before.
        try repository.git("checkout", "-q", "--orphan", "fresh")
        try repository.write("web.yaml", Manifest.configMap("web", "rewritten"))
        try repository.push("Rewritten", force: true)
        try await eventually("the rewritten history runs") { try cluster.greeting() == "rewritten" }

        try repository.git("push", "-q", "origin", "HEAD:elsewhere", "HEAD:refs/heads/main")
        try repository.git("--git-dir", bare, "update-ref", "-d", "refs/heads/main")
        try await eventually("the missing branch is named") {
            cluster.said.contains("\(bare) has no ref refs/heads/main (the branch is gone; there is elsewhere): push it")
        }
        #expect(try cluster.greeting() == "rewritten")
        try await eventually("status says since when") {
            let status = try cluster.skiff("status").output
            return status.contains("refs/heads/main") || status.contains("since")
        }
        try repository.write("web.yaml", Manifest.configMap("web", "back"))
        try repository.push("Back")
        try await eventually("the branch that came back runs") { try cluster.greeting() == "back" }
    }

    @Test func `a damaged repository is told of and changes nothing`() async throws {
        let folder = try Folder()
        let repository = try Repository(folder)
        try repository.write("web.yaml", Manifest.configMap("web", "hello"))
        try repository.push("First")
        let cluster = try await Cluster(state: folder.path + "/state", ["--repo", repository.bare] + Self.loop)
        try await eventually("the first commit runs") { try cluster.greeting() == "hello" }

        // The branch names a commit whose bytes are no commit.
        try repository.write("web.yaml", Manifest.configMap("web", "goodbye"))
        try repository.push("Second")
        try await eventually("the second commit runs") { try cluster.greeting() == "goodbye" }
        try repository.write("web.yaml", Manifest.configMap("web", "third"))
        try repository.git("commit", "-q", "-a", "-m", "Third")
        let third = try repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        let object = "\(repository.bare)/objects/\(third.prefix(2))/\(third.dropFirst(2))"
        try FileManager.default.createDirectory(
            atPath: (object as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data("not an object".utf8).write(to: URL(fileURLWithPath: object))
        try Data("\(third)\n".utf8).write(to: URL(fileURLWithPath: "\(repository.bare)/refs/heads/main"))
        try await eventually("the damage is told of") {
            cluster.said.contains("\(repository.bare) (refs/heads/main) cannot be read")
                || cluster.said.contains("\(repository.bare) cannot be read")
        }
        #expect(try cluster.greeting() == "goodbye")

        try FileManager.default.removeItem(atPath: object)
        try FileManager.default.removeItem(atPath: "\(repository.bare)/refs/heads/main")
        try repository.git("push", "-q", "origin", "HEAD:main")
        try await eventually("the mended repository runs") { try cluster.greeting() == "third" }
    }
}
