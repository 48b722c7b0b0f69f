import AsyncHTTPClient
import ClusterAPI
import ClusterObjects
import NIOCore

/// Reads what a watch is answered with: lines of JSON, each an event.
enum WatchBody {
    /// An object is at most 3 MB in a request; stored ones carry managedFields besides.
    private static let longestLine = 16 << 20

    /// Pulled: nothing more is read from the connection than the reader has asked for.
    static func events(_ body: HTTPClientResponse.Body) -> AsyncThrowingStream<WatchEvent, any Error> {
        let reader = Reader(body)
        return AsyncThrowingStream { try await reader.next() }
    }

    /// The event of a line; nil for a type that is not known.
    /// - Throws: ``APIError`` for an ERROR event and for a line that is no event.
    static func event(_ line: [UInt8]) throws(APIError) -> WatchEvent? {
        let tree: Tree
        do throws(JSONError) { tree = try Tree(parsing: line) } catch {
            throw APIError.internalError("the watch sent what is not JSON: \(error)")
        }
        guard let type = tree["type"]?.string, let object = tree["object"], object.isObject else {
            throw APIError.internalError("the watch sent a line without type and object")
        }
        if type == "ERROR" { throw APIError(status: object, code: 500) }
        return WatchEvent.Kind(rawValue: type).map { WatchEvent($0, APIObject(object)) }
    }

    /// Sendable unchecked: only the stream's `next` touches it, and a stream has one reader, who waits for each answer before asking again.
    private final class Reader: @unchecked Sendable {
        private var chunks: HTTPClientResponse.Body.AsyncIterator
        private var lines = LineSplitter(limit: WatchBody.longestLine)
        private var ended = false

        init(_ body: HTTPClientResponse.Body) { chunks = body.makeAsyncIterator() }

        func next() async throws -> WatchEvent? {
            while !ended {
                do {
                    if let line = try lines.next() {
                        if let event = try WatchBody.event(line) { return event }
                        continue
                    }
                } catch {
                    ended = true
                    throw error is APIError
                        ? error : APIError.internalError("the watch sent a line longer than \(WatchBody.longestLine) bytes")
                }
                do {
                    guard let chunk = try await chunks.next() else { break }
                    lines.append(chunk.readableBytesView)
                } catch {
                    // The connection broke: as when the server ends the watch, the reader goes on from what it has seen.
                    if Task.isCancelled { throw CancellationError() }
                    break
                }
            }
            ended = true
            return nil
        }
    }
}
