import CLibFuzzer
import Glibc

// fuzz TARGET [libFuzzer's flags and folders]: `Scripts/fuzz` builds and calls it.
guard CommandLine.argc > 1, let subject = Subject(rawValue: CommandLine.arguments[1]) else {
    print(Subject.allCases.map(\.rawValue).joined(separator: "\n"))
    exit(CommandLine.argc > 1 ? 64 : 0)
}
Subject.chosen = subject
var count = CommandLine.argc - 1
var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &words) { data, size in
        Subject.chosen?.take([UInt8](UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
