import ClusterObjects

/// The client's end of a command's streams, in whatever protocol it speaks.
protocol CommandStreams: Sendable {
    /// Hands over what the client sends, each kind in its order, until its connection ends. Called once.
    func receive(_ body: @escaping @Sendable (CommandEvent) async throws -> Void) async throws
    /// Returns when the client can take more.
    func write(_ bytes: [UInt8], to output: CommandOutput) async throws
    /// Tells how it went; nothing is written after it.
    func end(_ outcome: CommandOutcome) async throws
}

enum CommandEvent: Sendable, Hashable {
    case input([UInt8])
    case inputEnded
    case resize(TerminalSize)
}

enum CommandOutput: Sendable { case output, errors }

struct TerminalSize: Sendable, Hashable {
    var columns: UInt16
    var rows: UInt16

    init(columns: UInt16, rows: UInt16) {
        self.columns = columns
        self.rows = rows
    }

    /// `{"Width":80,"Height":24}`, as clients send it; nil for anything else.
    init?(json: [UInt8]) {
        guard let tree = try? Tree(parsing: json), let width = tree["Width"]?.int, let height = tree["Height"]?.int,
            let columns = UInt16(exactly: width), let rows = UInt16(exactly: height)
        else { return nil }
        self.init(columns: columns, rows: rows)
    }
}

/// How a command or an attachment ended. (pkg/kubelet/…/remotecommand/exec.go.)
enum CommandOutcome: Sendable, Hashable {
    case success
    case exit(Int)
    case failure(String)

    init(code: Int) { self = code == 0 ? .success : .exit(code) }

    /// For clients of the protocols before v4: words, none for success.
    var text: String {
        switch self {
        case .success: ""
        case .exit(let code): "command terminated with non-zero exit code: exit status \(code)"
        case .failure(let why): "Internal error occurred: \(why)"
        }
    }

    /// For later ones: a Status.
    var status: Value {
        switch self {
        case .success: return ["metadata": [:], "status": "Success"]
        case .exit(let code):
            return [
                "metadata": [:], "status": "Failure", "message": Value(text), "reason": "NonZeroExitCode",
                "details": ["causes": [["reason": "ExitCode", "message": Value(String(code))]]],
            ]
        case .failure(let why):
            return [
                "metadata": [:], "status": "Failure", "message": Value(text), "reason": "InternalError",
                "details": ["causes": [["message": Value(why)]]], "code": 500,
            ]
        }
    }
}
