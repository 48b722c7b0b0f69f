import NIOCore
import NIOHTTP1

/// Writes a response as the bytes of HTTP/1.1: the head and a short body in one piece, which TLS makes one record of.
struct HTTPResponseBytes {
    enum Length {
        case known(Int)
        /// In pieces, each with its length.
        case chunked
        /// Until the connection closes, for HTTP/1.0.
        case untilClosed
        /// None is said: statuses that have no body, and upgrades.
        case none
    }

    static func head(_ response: HTTPResponse, _ length: Length, connection: String?, into buffer: inout ByteBuffer) {
        let status = HTTPResponseStatus(statusCode: response.status)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(response.status))
        buffer.writeStaticString(" ")
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
        for (name, value) in response.headers where !isFraming(name) {
            write(name, into: &buffer)
            buffer.writeStaticString(": ")
            write(value, into: &buffer)
            buffer.writeStaticString("\r\n")
        }
        if let connection {
            buffer.writeStaticString("Connection: ")
            buffer.writeString(connection)
            buffer.writeStaticString("\r\n")
        }
        switch length {
        case .known(let count):
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(count))
            buffer.writeStaticString("\r\n\r\n")
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n\r\n")
        case .untilClosed, .none: buffer.writeStaticString("\r\n")
        }
    }

    static func chunk(_ bytes: [UInt8], into buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes.count, radix: 16))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("\r\n")
    }

    static func lastChunk(into buffer: inout ByteBuffer) { buffer.writeStaticString("0\r\n\r\n") }

    /// Headers that the connection decides on.
    static func isFraming(_ name: String) -> Bool {
        switch name.utf8.count {
        case 14: name.lowercased() == "content-length"
        case 17: name.lowercased() == "transfer-encoding"
        default: false
        }
    }

    /// A line's end within a name or value would begin another header.
    static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: isLineEnd) else { return text }
        return String(decoding: text.utf8.map { isLineEnd($0) ? 32 : $0 }, as: UTF8.self)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 13 || byte == 10 || byte == 0 }

    private static func write(_ text: String, into buffer: inout ByteBuffer) { buffer.writeString(oneLine(text)) }
}
