import Foundation
import Programs
import Testing

/// An OpenSSH server of a test's own on loopback, which lets one key in as the user who runs the tests. Ended when let go of.
final class SSHServer: Sendable {
    /// The private key that is let in, and one that is not.
    let key: String
    let otherKey: String
    /// ssh as `GIT_SSH_COMMAND`, which knows this server and nothing of the user's own configuration.
    let command: String
    /// The same, but for one who has never heard of the server.
    let strangersCommand: String
    private let port: Int
    private let folder: Folder
    private let daemon: Child

    init(_ folder: Folder) async throws {
        self.folder = folder
        port = try FreePort.take()
        let path = folder.path + "/ssh"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let keygen = try #require(Program.find("ssh-keygen"), "Scripts/setup test installs openssh-client")
        for name in ["host", "user key", "other"] {
            #expect(try Program.run(keygen, ["-q", "-t", "ed25519", "-N", "", "-f", "\(path)/\(name)"]).status == 0)
        }
        (key, otherKey) = ("\(path)/user key", "\(path)/other")
        let hostKey = try String(contentsOfFile: "\(path)/host.pub", encoding: .utf8)
        _ = try folder.write("ssh/known", "[127.0.0.1]:\(port) \(hostKey)")
        let ssh = "ssh -F /dev/null -o GlobalKnownHostsFile=/dev/null -o IdentityAgent=none -o UserKnownHostsFile="
        (command, strangersCommand) = ("\(ssh)\(path)/known", "\(ssh)\(path)/nobody")
        let config = try folder.write(
            "ssh/config",
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(path)/host
            AuthorizedKeysFile "\(path)/user key.pub"
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin yes

            """)
        daemon = try SSHServer.start(config, folder)
        let login = "\(command) -o BatchMode=yes -i '\(key)' -p \(port) 127.0.0.1 true"
        try await eventually("the ssh server answers") {
            try Program.run("/bin/sh", ["-c", login]).status == 0
        }
    }

    private static func start(_ config: String, _ folder: Folder) throws -> Child {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let unpacked = root + "/.build/sshd"
        let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
        let sshd = isInstalled ? "/usr/sbin/sshd" : unpacked + "/usr/sbin/sshd"
        try #require(FileManager.default.isExecutableFile(atPath: sshd), "Scripts/setup test unpacks openssh-server")
        var line = [sshd, "-D", "-e", "-f", config]
        if geteuid() == 0 {
            // As root it wants a user and a folder that an installation makes: it gets them in a mount namespace of its own.
            var users = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
            if !users.contains("\nsshd:") { users += "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n" }
            let file = try folder.write("ssh/passwd", users)
            let script = "mount --bind \"$0\" /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec \"$@\""
            line = [try #require(Program.find("unshare")), "-m", "--propagation", "private", "/bin/sh", "-c", script, file] + line
        }
        let libraries = isInstalled ? [] : try FileManager.default.contentsOfDirectory(atPath: unpacked + "/usr/lib")
        let found = libraries.filter { $0.hasSuffix("-linux-gnu") }.map { "\(unpacked)/usr/lib/\($0)" }
        return try Child(
            line, environment: found.isEmpty ? [:] : ["LD_LIBRARY_PATH": found.joined(separator: ":")], ending: SIGTERM)
    }

    func url(of repository: Repository) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(repository.bare)" }
}
