import Glibc

/// A part of this process's memory that holds a file's code.
struct MappedProgram: Hashable {
    var start: UInt64
    var end: UInt64
    /// Where in the file the part begins.
    var offset: UInt64
    var file: String

    /// All there are now. Source: proc_pid_maps(5).
    static func all() -> [MappedProgram] {
        guard let maps = fopen("/proc/self/maps", "r") else { return [] }
        defer { fclose(maps) }
        var programs: [MappedProgram] = []
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), maps) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let program = MappedProgram(text) { programs.append(program) }
        }
        return programs
    }

    /// From a line of the kernel's; nil for what is no code of a file.
    init?(_ line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 6, words[1].dropFirst(2).first == "x", words[5].hasPrefix("/") else { return nil }
        let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard ends.count == 2, let offset = UInt64(words[2], radix: 16) else { return nil }
        (start, end) = (ends[0], ends[1])
        self.offset = offset
        file = words[5...].joined(separator: " ")
    }
}
