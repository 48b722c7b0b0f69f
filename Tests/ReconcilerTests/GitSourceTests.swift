import ClusterAPI
import Foundation
import ManifestLoader
import Testing

@testable import Reconciler

@Suite struct `A source in git` {
    @Test func `fetches the remote's HEAD and reads only what changed`() async throws {
        try await withRepository { repository in
            let first = try repository.push(["a.yaml": "a: 1\n", "b/c.yaml": "b: 1\n", "README.md": "hi"])
            let source = GitSource(repository.options())
            #expect(try await source.fetch() == first)
            var loader = ManifestLoader(registry: .builtIn())
            let tree = try await source.load(first, from: "", into: &loader)
            #expect(loader.result().problems.map(\.file) == ["a.yaml", "b/c.yaml"])

            let second = try repository.push(["b/c.yaml": nil, "d.yaml": "d: 1\n"])
            #expect(try await source.fetch() == second)
            _ = try await source.load(second, from: tree, into: &loader)
            #expect(loader.result().problems.map(\.file) == ["a.yaml", "d.yaml"])
            #expect(await source.subject(of: second) == "change")
        }
    }

    @Test func `what is fetched from this machine is whole, merges and nested folders and all, and git agrees`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n", "b/c/d.yaml": "d: 1\n"])
            let source = GitSource(repository.options())
            _ = try await source.fetch()
            try repository.git("-C", repository.clone, "checkout", "--quiet", "-b", "side")
            try repository.git("-C", repository.clone, "commit", "--quiet", "--allow-empty", "-m", "side")
            try repository.git("-C", repository.clone, "checkout", "--quiet", "main")
            _ = try repository.push(["b/c/e.yaml": "e: 1\n"])
            try repository.git("-C", repository.clone, "merge", "--quiet", "--no-edit", "side")
            let merged = try repository.push(["b/f.yaml": "f: 1\n"])
            #expect(try await source.fetch() == merged)
            let mirror = repository.options().directory
            #expect(try repository.git("--git-dir", mirror, "rev-parse", "\(repository.options().remoteRefs)/main") == merged)
            // Connectivity too: git names every object that is missing.
            #expect(try repository.git("--git-dir", mirror, "fsck", "--full", "--strict") == "")
            #expect(try repository.git("--git-dir", mirror, "log", "--format=%s", merged).split(separator: "\n").count == 5)
        }
    }

    @Test func `a tag, an annotated tag and a commit are found as a branch is`() async throws {
        try await withRepository { repository in
            let first = try repository.push(["a.yaml": "a: 1\n"])
            try repository.git("-C", repository.clone, "tag", "plain")
            try repository.git("-C", repository.clone, "tag", "-a", "-m", "noted", "noted")
            try repository.git("-C", repository.clone, "push", "--quiet", "--tags", "origin")
            let second = try repository.push(["a.yaml": "a: 2\n"])
            for ref in ["plain", "noted", "refs/tags/plain", first] {
                #expect(try await GitSource(repository.options(ref: ref)).fetch() == first, "\(ref)")
            }
            #expect(try await GitSource(repository.options(ref: "main")).fetch() == second)
            // A work tree is a repository too.
            var options = repository.options()
            options.repository = repository.clone
            #expect(try await GitSource(options).fetch() == second)
        }
    }

    @Test func `survives a force-push and keeps the old commit readable when the branch is gone`() async throws {
        try await withRepository { repository in
            let first = try repository.push(["a.yaml": "a: 1\n"])
            let source = GitSource(repository.options(ref: "main"))
            #expect(try await source.fetch() == first)
            try repository.git("-C", repository.clone, "checkout", "--quiet", "--orphan", "other")
            let forced = try repository.push(["b.yaml": "b: 1\n"], force: true)
            #expect(try await source.fetch() == forced)
            try repository.git("-C", repository.origin, "update-ref", "-d", "refs/heads/main")
            let error = await #expect(throws: GitError.self) { try await source.fetch() }
            #expect(error?.reason == .refNotFound)
            var loader = ManifestLoader(registry: .builtIn())
            _ = try await source.load(forced, from: "", into: &loader)
            #expect(loader.result().problems.count == 2)
        }
    }

    @Test func `an empty, an absent and a damaged repository say what they are`() async throws {
        try await withRepository { repository in
            let empty = await #expect(throws: GitError.self) { try await GitSource(repository.options()).fetch() }
            #expect(empty?.reason == .emptyRepository)
            var options = repository.options()
            options.repository = "\(repository.folder)/nowhere"
            let absent = await #expect(throws: GitError.self) { try await GitSource(options).fetch() }
            #expect(absent?.reason == .unreachable)
            options.repository = "http://127.0.0.1:1/x.git"
            let remote = await #expect(throws: GitError.self) { try await GitSource(options).fetch() }
            #expect(remote?.reason == .unreachable)
            options = repository.options(path: "apps")
            let commit = try repository.push(["a.yaml": "a: 1\n"])
            let source = GitSource(options)
            _ = try await source.fetch()
            var loader = ManifestLoader(registry: .builtIn())
            var reason: GitError.Reason?
            do throws(GitError) { _ = try await source.load(commit, from: "", into: &loader) } catch { reason = error.reason }
            #expect(reason == .pathNotFound)
        }
    }

    @Test func `status goes to an orphan branch of its own, on top of what others pushed, and only when it changed`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"])
            let source = GitSource(repository.options())
            _ = try await source.fetch()
            let first = try await source.publishStatus(["status.md": Array("one".utf8)], message: "one")
            #expect(first != nil)
            #expect(try await source.publishStatus(["status.md": Array("one".utf8)], message: "again") == nil)
            // Another process has pushed to the same branch meanwhile.
            var options = repository.options()
            options.directory = "\(repository.folder)/other.git"
            let other = GitSource(options)
            _ = try await other.fetch()
            _ = try await other.publishStatus(["status.md": Array("two".utf8)], message: "two")
            _ = try await source.publishStatus(["status.md": Array("three".utf8)], message: "three")
            let log = try repository.git("-C", repository.origin, "log", "--format=%s", "skiff/status/test")
            #expect(log == "three\ntwo\none")
            #expect(try repository.git("-C", repository.origin, "merge-base", "--is-ancestor", first ?? "", "skiff/status/test") == "")
        }
    }

    @Test func `without write access the error says so`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"])
            try "#!/bin/sh\necho 'not allowed to push' >&2\nexit 1\n".write(
                toFile: "\(repository.origin)/hooks/pre-receive", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(repository.origin)/hooks/pre-receive")
            let source = GitSource(repository.options())
            _ = try await source.fetch()
            var reason: GitError.Reason?
            do throws(GitError) { _ = try await source.publishStatus(["s": [1]], message: "m") } catch { reason = error.reason }
            #expect(reason == .noWriteAccess)
        }
    }

    @Test func `rollback reverts the newest commit and pushes it`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"], "first")
            let bad = try repository.push(["a.yaml": "a: 2\n"], "second")
            let source = GitSource(repository.options())
            let rollback = try await source.rollback(nil)
            #expect(rollback.undone == [Rollback.Undone(commit: bad, author: "Ada", subject: "second")])
            #expect(rollback.files == ["a.yaml"])
            #expect(rollback.identity == "Ada <ada@example.com>")
            #expect(try repository.git("-C", repository.origin, "show", "main:a.yaml") == "a: 1")
            #expect(try repository.git("-C", repository.origin, "log", "-1", "--format=%an %s", "main") == "Ada Revert \"second\"")
            #expect(try await source.fetch() == rollback.commit)
        }
    }

    @Test func `in a work tree that has the branch checked out the revert is made there`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"], "first")
            try repository.push(["a.yaml": "a: 2\n"], "second")
            var options = repository.options()
            options.repository = repository.clone
            let source = GitSource(options)
            let rollback = try await source.rollback(nil)
            #expect(try String(contentsOfFile: "\(repository.clone)/a.yaml", encoding: .utf8) == "a: 1\n")
            #expect(try repository.git("-C", repository.clone, "rev-parse", "HEAD") == rollback.commit)
        }
    }

    @Test func `a commit that cannot be undone by itself is left, and the error says so`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"], "first")
            let second = try repository.push(["a.yaml": "a: 2\n"], "second")
            let third = try repository.push(["a.yaml": "a: 3\n"], "third")
            let source = GitSource(repository.options())
            let error = await #expect(throws: GitError.self) { try await source.rollback(second) }
            #expect(error?.reason == .conflict)
            #expect(try repository.git("-C", repository.origin, "rev-parse", "main") == third)
        }
    }

    @Test func `a remote that never answers has so long, and no longer`() async throws {
        try await withRepository { repository in
            // Connections are taken, and nobody reads them.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isListening = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &size) == 0
                }
            }
            try #require(isListening)
            var options = repository.options()
            options.repository = "git://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/deploy.git"
            options.deadline = 1
            let error = try #require(await #expect(throws: GitError.self) { try await GitSource(options).fetch() })
            #expect(error.reason == .timedOut)
            #expect(error.description == "\(options.repository) did not answer in time: 1 s are over")
        }
    }

    @Test func `a change of refs is noticed`() async throws {
        try await withRepository { repository in
            try repository.push(["a.yaml": "a: 1\n"])
            var notices = RepositoryWatch.changes(of: repository.origin).makeAsyncIterator()
            try repository.push(["a.yaml": "a: 2\n"])
            #expect(await notices.next() != nil)
        }
    }

    @Test func `a repository that comes to be, or is put in place anew, is noticed`() async throws {
        try await withRepository { repository in
            let path = "\(repository.folder)/later/deploy.git"
            var notices = RepositoryWatch.changes(of: path).makeAsyncIterator()
            for _ in 1...2 {
                try repository.git("clone", "--quiet", "--bare", repository.origin, path)
                #expect(await notices.next() != nil)
                try FileManager.default.removeItem(atPath: path)
                // Some notices of its coming may still be there.
                while FileManager.default.fileExists(atPath: path) { #expect(await notices.next() != nil) }
                #expect(await notices.next() != nil)
            }
        }
    }
}
