import CZlib

/// Bytes that were made shorter by gzip or zlib (RFC 1952, RFC 1950), read as they come.
public final class Inflater {
    public struct Malformed: Error {}

    /// What one step may grow to.
    private static let room = 64 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool
    private var isOver = false
    /// More may come of what was read already.
    private var isFull = false
    private var input: [UInt8] = []
    private var position = 0

    public init() {
        // zlib keeps the address of this.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Thirty-two more than the window says that either may come.
        isReady = inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
    }

    /// More bytes, to be taken by ``next()`` before the ones after them are given.
    public func give(_ bytes: [UInt8]) {
        input = bytes
        position = 0
    }

    /// What the bytes mean: at most 64 KiB; nil when more have to be given. What comes after the end is left out.
    public func next() throws(Malformed) -> [UInt8]? {
        guard isReady else { throw Malformed() }
        while !isOver, position < input.count || isFull {
            let piece = try step()
            if !piece.isEmpty { return piece }
        }
        return nil
    }

    private func step() throws(Malformed) -> [UInt8] {
        var status = Z_OK
        let piece = input.withUnsafeMutableBufferPointer { [position] input in
            [UInt8](unsafeUninitializedCapacity: Inflater.room) { output, count in
                stream.pointee.next_in = input.baseAddress.map { $0 + position }
                stream.pointee.avail_in = uInt(clamping: input.count - position)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = uInt(Inflater.room)
                status = inflate(stream, Z_NO_FLUSH)
                count = Inflater.room - Int(stream.pointee.avail_out)
            }
        }
        position = input.count - Int(stream.pointee.avail_in)
        isFull = piece.count == Inflater.room
        isOver = status == Z_STREAM_END
        guard isOver || status == Z_OK || status == Z_BUF_ERROR else { throw Malformed() }
        return piece
    }
}
