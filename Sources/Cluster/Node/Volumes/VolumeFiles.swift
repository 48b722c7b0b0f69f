/// The files of a volume that is written as a whole: their contents by relative path.
struct VolumeFiles: Sendable, Hashable {
    struct File: Sendable, Hashable {
        var bytes: [UInt8]
        /// Permission bits.
        var mode: Int
    }

    var files: [String: File] = [:]

    /// As the shim reads it: mode, path and size, each NUL-ended, and the bytes.
    var archive: [UInt8] {
        var result: [UInt8] = []
        for (path, file) in files.sorted(by: { $0.key < $1.key }) where !path.utf8.contains(0) {
            for field in [String(file.mode & 0o777, radix: 8), path, String(file.bytes.count)] {
                result.append(contentsOf: field.utf8)
                result.append(0)
            }
            result.append(contentsOf: file.bytes)
        }
        return result
    }
}
