import CLinux
import Glibc

/// What a container, or a command in one, is started with: handed to the shim as a file in memory, since an environment may
/// hold secrets (CLinux's launch.c reads it).
struct LaunchSpec: Sendable, Hashable {
    struct Mount: Sendable, Hashable {
        /// On the host, or in the shim's own memory.
        var source: String
        var subPath = ""
        var target: String
        var isReadOnly = false
    }

    /// The program, looked up in the PATH of `environment` when it has no slash, and its arguments.
    var arguments: [String]
    var environment: [(name: String, value: String)] = []
    var workingDirectory = ""
    var log = ""
    var mounts: [Mount] = []
    var user: Int?
    var group: Int?
    var supplementalGroups: [Int] = []
    var capabilities = Capabilities.standard
    var isRootReadOnly = false
    var forbidsNewPrivileges = false
    /// Standard input can be attached to; otherwise it is empty.
    var keepsInput = false
    /// Standard input ends with the first attachment to it.
    var endsInput = false
    /// The standard streams are a terminal.
    var isTerminal = false
    /// The container whose processes it sees and is among.
    var processOwner: String?

    static func == (left: LaunchSpec, right: LaunchSpec) -> Bool { left.bytes == right.bytes }
    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// NUL-ended fields; a NUL within a value cuts it, as it would in the program's own argv.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        func field(_ text: String) {
            result.append(contentsOf: text.utf8.prefix { $0 != 0 })
            result.append(0)
        }
        for argument in arguments { field("a" + argument) }
        for (name, value) in environment { field("e\(name)=\(value)") }
        field("c" + workingDirectory)
        if !log.isEmpty { field("l" + log) }
        if let user { field("u\(user)") }
        if let group { field("g\(group)") }
        for group in supplementalGroups { field("G\(group)") }
        field("k" + String(capabilities.bits, radix: 16))
        if isRootReadOnly { field("r") }
        if forbidsNewPrivileges { field("n") }
        if keepsInput { field("i") }
        if endsInput { field("o") }
        if isTerminal { field("t") }
        if let processOwner { field("p" + processOwner) }
        for mount in mounts {
            field(mount.isReadOnly ? "mr" : "mw")
            field(mount.source)
            field(mount.subPath)
            field(mount.target)
        }
        return result
    }

    /// - Throws: ``SystemError`` when there is no memory for it.
    func memoryFile() throws(SystemError) -> Descriptor { try Descriptor.memory(bytes) }
}

extension Descriptor {
    /// An anonymous file that holds these bytes.
    static func memory(_ bytes: [UInt8]) throws(SystemError) -> Descriptor {
        let number = skiff_memory_file(bytes, bytes.count)
        guard number >= 0 else { throw SystemError("memory file", code: -number) }
        return Descriptor(number)
    }
}
