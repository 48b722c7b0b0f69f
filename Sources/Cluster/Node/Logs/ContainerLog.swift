import CLinux
import ClusterObjects
import Glibc

/// Reads one run's log, its rotated parts first, and follows it while the container runs.
struct ContainerLog: Sendable {
    /// `…/containers/NAME/ATTEMPT.log`.
    let path: String
    let query: LogQuery
    /// Whether its container runs still; asked when everything there is has been read.
    let isRunning: @Sendable () -> Bool

    /// Hands out pieces until the end. One pass, bounded memory: a piece is at most some 64 KiB.
    func read(_ write: (([UInt8]) async throws -> Void)) async throws {
        var printer = LogPrinter(query: query)
        let rotated: [String] = (1..<5).reversed().map { "\(path).\($0)" }
        let parts = rotated.filter { access($0, R_OK) == 0 }
        var skip = 0
        if let tail = query.tailLines {
            var lines = 0
            for part in parts + [path] { try await eachPiece(of: part) { lines += $0.count { $0 == 0x0A } } }
            skip = max(0, lines - tail)
        }
        printer.skip = skip
        let notice = query.follows ? skiff_inotify(path) : -1
        let watch = notice >= 0 ? Descriptor(notice) : nil
        for part in parts {
            try await eachPiece(of: part) { piece in
                let text = printer.print(piece)
                if !text.isEmpty { try await write(text) }
            }
            if printer.isDone { return }
        }
        try await follow(&printer, watch, write)
    }

    private func follow(_ printer: inout LogPrinter, _ watch: Descriptor?, _ write: ([UInt8]) async throws -> Void) async throws {
        var number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return }
        var file = Descriptor(number)
        var bytes = [UInt8](repeating: 0, count: 65536)
        var wasLast = false
        while !printer.isDone {
            try Task.checkCancellation()
            let got = Glibc.read(file.number, &bytes, bytes.count)
            if got > 0 {
                wasLast = false
                let text = printer.print(bytes[..<got])
                if !text.isEmpty { try await write(text) }
                continue
            }
            guard query.follows else { return }
            // What is there after a rotation goes on in a new file of the same name.
            var here = stat()
            var there = stat()
            if fstat(file.number, &here) == 0, stat(path, &there) == 0, here.st_ino != there.st_ino {
                number = open(path, O_RDONLY | O_CLOEXEC)
                guard number >= 0 else { return }
                file = Descriptor(number)
                continue
            }
            if wasLast { return }
            if !isRunning() {
                wasLast = true
                continue
            }
            try await wait(watch)
        }
    }

    /// Until the log changes, and now and then to see whether the container still runs.
    private func wait(_ watch: Descriptor?) async throws {
        guard let watch else { return try await Task.sleep(for: .milliseconds(200)) }
        _ = try await Deadline.run(seconds: 1) { try await Poller.shared.readable(watch) }
        var drained = [UInt8](repeating: 0, count: 4096)
        while Glibc.read(watch.number, &drained, drained.count) > 0 {}
    }

    private func eachPiece(of path: String, _ body: (ArraySlice<UInt8>) async throws -> Void) async throws {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return }
        let file = Descriptor(number)
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            try Task.checkCancellation()
            let got = Glibc.read(file.number, &bytes, bytes.count)
            guard got > 0 else { return }
            try await body(bytes[..<got])
        }
    }
}

/// Turns CRI lines into what `kubectl logs` shows. Pure.
struct LogPrinter: Sendable {
    let query: LogQuery
    /// Lines to leave out, so that the wanted tail remains.
    var skip = 0
    private(set) var isDone = false
    private var rest: [UInt8] = []
    private var printed = 0
    /// The last line was a part: what follows belongs to it and gets no time of its own.
    private var continues = false

    init(query: LogQuery) { self.query = query }

    mutating func print(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        rest.append(contentsOf: piece)
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            add(rest[start..<end], to: &result)
            start = end + 1
        }
        rest.removeFirst(start)
        if let limit = query.limitBytes, printed + result.count >= limit {
            result = Array(result.prefix(max(0, limit - printed)))
            isDone = true
        }
        printed += result.count
        return result
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>, to result: inout [UInt8]) {
        if skip > 0 {
            skip -= 1
            return
        }
        guard let line = LogLine(bytes) else { return }
        if query.stream == "Stdout", line.isError { return }
        if query.stream == "Stderr", !line.isError { return }
        if let since = query.since, let time = line.timestamp, time < since { return }
        if query.timestamps, !continues {
            result.append(contentsOf: line.time)
            result.append(0x20)
        }
        result.append(contentsOf: line.text)
        if !line.isPartial { result.append(0x0A) }
        continues = line.isPartial
    }
}
