import CZlib

/// Reads the header blocks of one direction of a SPDY/3.1 connection. They are pieces of one zlib stream, so every block must be read, in
/// its order. Source: SPDY protocol draft 3.1, section 2.6.10.
final class SPDYHeaderReader {
    /// Bytes of a block when it is inflated, and the headers in it. Those of kubectl have about a hundred bytes.
    private static let longestBlock = 16 << 10
    private static let mostHeaders = 64

    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        // zlib keeps the address of this.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// - Parameter block: as it stood in a frame.
    /// - Returns: the values by their names, which are in lower case; several of one name are divided by NUL.
    /// - Throws: ``SPDYFailure`` for a block that is no zlib, grows too long, or is malformed.
    func read(_ block: [UInt8]) throws(SPDYFailure) -> [String: String] {
        try SPDYHeaderReader.headers(try inflated(block))
    }

    private func inflated(_ block: [UInt8]) throws(SPDYFailure) -> [UInt8] {
        var input = block
        var output = [UInt8](repeating: 0, count: SPDYHeaderReader.longestBlock)
        var written = 0
        let isWhole = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = uInt(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = uInt(output.count)
                var status = inflate(stream, Z_SYNC_FLUSH)
                if status == Z_NEED_DICT {
                    let words = SPDYDictionary.bytes
                    guard inflateSetDictionary(stream, words, uInt(words.count)) == Z_OK else { return false }
                    status = inflate(stream, Z_SYNC_FLUSH)
                }
                written = output.count - Int(stream.pointee.avail_out)
                // Room is left over when all is read: a block that fills it exactly may go on.
                return (status == Z_OK || status == Z_BUF_ERROR) && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
            }
        }
        guard isWhole else { throw SPDYFailure("a header block is malformed or too long") }
        return Array(output.prefix(written))
    }

    private static func headers(_ bytes: [UInt8]) throws(SPDYFailure) -> [String: String] {
        var rest = bytes[...]
        func number() throws(SPDYFailure) -> Int {
            guard rest.count >= 4 else { throw SPDYFailure("a header block ends too early") }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        func text() throws(SPDYFailure) -> String {
            let length = try number()
            guard length <= rest.count else { throw SPDYFailure("a header block ends too early") }
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self)
        }
        let count = try number()
        guard count <= mostHeaders else { throw SPDYFailure("a header block has more than \(mostHeaders) headers") }
        var headers: [String: String] = [:]
        for _ in 0..<count {
            let name = try text()
            guard !name.isEmpty, name == name.lowercased(), headers[name] == nil else {
                throw SPDYFailure("a header's name is empty, in upper case or there twice")
            }
            headers[name] = try text()
        }
        guard rest.isEmpty else { throw SPDYFailure("a header block is longer than its headers") }
        return headers
    }
}

/// Writes the header blocks of one direction of a SPDY/3.1 connection, each to be sent in the order in which it was written.
final class SPDYHeaderWriter {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The smallest window and memory: the headers are few and the dictionary has most of them.
        deflateInit2_(
            stream, Z_BEST_SPEED, Z_DEFLATED, 11, 1, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        let words = SPDYDictionary.bytes
        deflateSetDictionary(stream, words, uInt(words.count))
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// - Parameter headers: names in lower case.
    func write(_ headers: [String: String]) -> [UInt8] {
        var input = SPDYFrames.number(headers.count)
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            for text in [name, value] { input += SPDYFrames.number(text.utf8.count) + Array(text.utf8) }
        }
        return deflated(input)
    }

    /// A block of these plain bytes.
    func deflated(_ plain: [UInt8]) -> [UInt8] {
        var input = plain
        // A sync flush adds at most the end of a block and an empty one to what cannot be made shorter.
        var output = [UInt8](repeating: 0, count: input.count + input.count / 8 + 128)
        let written = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = uInt(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = uInt(output.count)
                deflate(stream, Z_SYNC_FLUSH)
                return output.count - Int(stream.pointee.avail_out)
            }
        }
        return Array(output.prefix(written))
    }
}

/// What a peer did that SPDY does not allow: its connection ends.
struct SPDYFailure: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
