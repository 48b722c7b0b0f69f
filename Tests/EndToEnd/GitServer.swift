import Foundation
import Programs
import Testing

/// git's own server of a folder on this machine, which may be read only. Ended when let go of.
final class GitServer: Sendable {
    let port: Int
    private let folder: Folder
    private let daemon: Child

    /// - Parameter port: nil takes a free one.
    init(_ folder: Folder, port: Int? = nil, isReadOnly: Bool = true) async throws {
        self.folder = folder
        let port = try port ?? FreePort.take()
        self.port = port
        let git = try #require(Program.find("git"))
        // The program itself: `git daemon` would start it as a child that outlives its parent.
        let core = try Program.run(git, ["--exec-path"]).output.trimmingCharacters(in: .newlines)
        daemon = try Child(
            ["\(core)/git-daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)", "--base-path=\(folder.path)"]
                + (isReadOnly ? [] : ["--enable=receive-pack"]) + [folder.path], ending: SIGTERM)
        try await eventually("git's server answers") {
            // It has no such repository, and says so.
            try Program.run(git, ["-C", folder.path, "ls-remote", "git://127.0.0.1:\(port)/none"]).errors.contains("not exported")
        }
    }

    func url(of repository: Repository) -> String {
        "git://127.0.0.1:\(port)/" + URL(fileURLWithPath: repository.bare).lastPathComponent
    }
}
