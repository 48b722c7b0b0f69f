import ClusterAPI
import Glibc

/// A profile as `go tool pprof` reads it, before it is gzipped. Names of functions are the reader's to find, in a binary that has them.
/// Source: github.com/google/pprof, proto/profile.proto.
struct PprofBytes {
    private var texts: [String: Int] = ["": 0]
    private var message: [UInt8] = []

    /// - Parameter programs: what of this process's memory is which file's, from ``MappedProgram/all()``.
    static func bytes(_ profile: ProcessorProfile, programs: [MappedProgram]) -> [UInt8] {
        var writer = PprofBytes()
        writer.write(profile, programs)
        return writer.message
    }

    private mutating func text(_ text: String) -> Int {
        if let known = texts[text] { return known }
        texts[text] = texts.count
        return texts.count - 1
    }

    private mutating func valueType(_ type: String, _ unit: String) -> [UInt8] {
        ProtobufWire.integer(1, text(type)) + ProtobufWire.integer(2, text(unit))
    }

    private mutating func write(_ profile: ProcessorProfile, _ programs: [MappedProgram]) {
        let period = 1_000_000_000 / ProcessorProfile.hertz
        message += ProtobufWire.bytes(1, valueType("samples", "count")) + ProtobufWire.bytes(1, valueType("cpu", "nanoseconds"))
        var locations: [UInt64: Int] = [:]
        for (stack, count) in profile.stacks {
            var sample: [UInt8] = []
            for (depth, address) in stack.enumerated() {
                // The call stands before the address that it returns to.
                let place = depth == 0 ? address : address - 1
                let id = locations[place] ?? locations.count + 1
                locations[place] = id
                sample += ProtobufWire.integer(1, id)
            }
            message += ProtobufWire.bytes(2, sample + ProtobufWire.integer(2, count) + ProtobufWire.integer(2, count * period))
        }
        for (index, program) in programs.enumerated() {
            message += ProtobufWire.bytes(
                3,
                ProtobufWire.integer(1, index + 1) + ProtobufWire.integer(2, Int(program.start)) + ProtobufWire.integer(3, Int(program.end))
                    + ProtobufWire.integer(4, Int(program.offset)) + ProtobufWire.integer(5, text(program.file)))
        }
        for (address, id) in locations {
            let program = (programs.firstIndex { $0.start <= address && address < $0.end } ?? -1) + 1
            message += ProtobufWire.bytes(
                4,
                ProtobufWire.integer(1, id) + ProtobufWire.integer(2, program) + ProtobufWire.integer(3, Int(truncatingIfNeeded: address)))
        }
        let spent = profile.duration.components
        let type = valueType("cpu", "nanoseconds")
        for (text, _) in texts.sorted(by: { $0.value < $1.value }) { message += ProtobufWire.text(6, text) }
        message += ProtobufWire.integer(9, Int(time(nil)) * 1_000_000_000)
        message += ProtobufWire.integer(10, Int(spent.seconds) * 1_000_000_000 + Int(spent.attoseconds / 1_000_000_000))
        message += ProtobufWire.bytes(11, type) + ProtobufWire.integer(12, period)
    }
}
