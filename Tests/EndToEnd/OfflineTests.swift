import Foundation
import Programs
import Testing

/// `validate` and `render`: a folder, a file or a commit, with no cluster, no network and no git on the PATH.
@Suite(.ownThreads) struct OfflineTests {
    private static let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: hunter2}\n"

    /// Runs skiff in a folder, where it finds no other program and no remembered source.
    private func skiff(_ arguments: String..., in directory: String) throws -> Outcome {
        let env = try #require(Program.find("env"))
        let settings = ["PATH=/nowhere", "XDG_STATE_HOME=\(directory)/no-state"]
        return try Program.run(env, ["-C", directory] + settings + [Program.skiff] + arguments)
    }

    /// Two commits of a folder `home` beside another that does not load.
    private func repository(_ folder: Folder) throws -> Repository {
        let repository = try Repository(folder)
        try repository.write("home/web.yaml", Manifest.configMap("web", "first"))
        try repository.write("home/values.yaml", "size: 3\n")
        try repository.write("home/.skiffignore", "values.yaml\n")
        try repository.write("other/wrong.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {nam: web}\n")
        try repository.push("First")
        try repository.write("home/web.yaml", Manifest.configMap("web", "second"))
        try repository.write("home/shop.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        try repository.write("home/key.yaml", Self.secret)
        try repository.push("Second")
        // What stands in the work tree alone is of no commit.
        try repository.write("home/web.yaml", Manifest.configMap("web", "third"))
        return repository
    }

    @Test func `a folder, a file, and a folder of a commit are validated`() throws {
        let folder = try Folder()
        let work = try repository(folder).work
        #expect(try skiff("validate", "home", in: work).output == "3 files, 3 objects: nothing wrong\n")
        #expect(try skiff("validate", "home/web.yaml", in: work).output == "1 file, 1 object: nothing wrong\n")
        #expect(try skiff("validate", in: work + "/home").output == "3 files, 3 objects: nothing wrong\n")
        #expect(try skiff("validate", "HEAD~1:home", in: work).output == "1 file, 1 object: nothing wrong\n")
        #expect(try skiff("validate", "main:home/shop.yaml", in: work + "/other").output == "1 file, 1 object: nothing wrong\n")
        // The whole of a commit: the ignore file of a folder is none of the repository.
        for subject in [".", "HEAD"] {
            let whole = try skiff("validate", subject, in: work)
            #expect(whole.status == 1)
            #expect(whole.output.contains("other/wrong.yaml:3:12: ConfigMap default/") && whole.output.contains("did you mean name?"))
            #expect(whole.output.contains("home/values.yaml:1:1: no apiVersion and kind: add it, or name the file in .skiffignore"))
        }
        let json = try skiff("validate", "HEAD", "-o", "json", in: work)
        #expect(json.status == 1)
        #expect(json.output.hasPrefix("{\"files\":5,\"objects\":3,\"problems\":[{"), "\(json.output)")
    }

    @Test func `a commit is rendered as it was, in the order of an apply, a Secret without its values`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        let first = try repository.git("rev-parse", "--short", "HEAD~1").trimmingCharacters(in: .newlines)
        #expect(try skiff("render", "\(first):home", in: repository.work).output.contains("greeting: first"))
        #expect(try skiff("render", "home", in: repository.work).output.contains("greeting: third"))
        for output in ["text", "yaml", "json"] {
            // By --repo from anywhere, of a bare repository too.
            let rendered = try skiff("render", "main:home", "--repo", repository.bare, "-o", output, in: folder.path)
            #expect(rendered.status == 0, "\(rendered.errors)")
            #expect(!rendered.output.contains("hunter2") && !rendered.output.contains("aHVudGVyMg"))
            let kinds = ["Namespace", "Secret", "ConfigMap"].map { rendered.output.range(of: $0)?.lowerBound }
            let positions = kinds.compactMap { $0 }
            #expect(positions.count == 3 && positions[0] < positions[1] && positions[0] < positions[2], "\(rendered.output)")
            #expect(rendered.output.contains("second") && rendered.output.contains("***"))
        }
        let list = try skiff("render", "HEAD:home", "-o", "json", in: repository.work).output
        #expect(list.hasPrefix("{\"apiVersion\":\"v1\",") && list.contains("\"kind\":\"List\""))
        let broken = try skiff("render", "HEAD:other", in: repository.work)
        #expect(broken.status == 1 && broken.output.isEmpty)
        #expect(broken.errors.contains("wrong.yaml:3:12"))
    }

    @Test func `what is named is read, whatever and wherever it is`() throws {
        let folder = try Folder()
        _ = try folder.write(".dot/web.yaml", Manifest.configMap("web", "hello"))
        _ = try folder.write(".dot/wrong", "a: [")
        for path in [".dot/web.yaml", folder.path + "/.dot/web.yaml", ".dot"] {
            #expect(try skiff("validate", path, in: folder.path).output == "1 file, 1 object: nothing wrong\n")
        }
        let wrong = try skiff("validate", ".dot/wrong", in: folder.path)
        #expect(wrong.status == 1 && wrong.output.hasPrefix(".dot/wrong:"), "\(wrong)")
        let piped = try Program.run(Program.skiff, ["render", "/dev/stdin"], input: Manifest.configMap("web", "hello"))
        #expect(piped.output.contains("greeting: hello"), "\(piped)")
        // A folder without any is most likely the wrong one.
        _ = try folder.write("empty/README.md", "nothing here")
        for command in ["validate", "render"] {
            let empty = try skiff(command, "empty", in: folder.path)
            #expect(empty.status == 1)
            #expect(empty.errors == "skiff: empty: no manifest in it, which is a file of .yaml, .yml or .json\n")
        }
    }

    @Test func `what is not there is named`() throws {
        let folder = try Folder()
        let repository = try repository(folder)
        for command in ["validate", "render"] {
            let here = try skiff(command, "nothing", in: repository.work)
            #expect(here.status == 1)
            #expect(here.errors == "skiff: nothing: no such file or folder, and no commit of a repository here\n")
            let outside = try skiff(command, "HEAD", in: folder.path)
            #expect(outside.errors.contains("HEAD: no such file or folder"))
            let without = try skiff(command, "HEAD:nowhere", in: repository.work)
            #expect(without.status == 1)
            #expect(without.errors.contains("no folder nowhere in this commit"))
            let unknown = try skiff(command, "v9", "--repo", repository.bare, in: folder.path)
            #expect(unknown.errors.contains("\(repository.bare): no git repository that has a commit v9"))
            let far = try skiff(command, "--repo", "https://example.org/deploy.git", in: folder.path)
            #expect(far.status == 1)
            #expect(far.errors.contains("https://example.org/deploy.git: is not on this machine; clone it"))
        }
    }
}
