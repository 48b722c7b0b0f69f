import NIOCore

/// Writes the body of a response from a task to the connection's event loop.
struct StreamWriter: BodyWriter {
    let bound: NIOLoopBound<HTTPConnection>
    let loop: any EventLoop

    /// Returns when the peer can take more.
    /// - Throws: when the connection has closed, and `CancellationError` when the task is cancelled.
    func write(_ bytes: [UInt8]) async throws {
        if bytes.isEmpty { return }
        try Task.checkCancellation()
        let promise = loop.makePromise(of: Void.self)
        try await withTaskCancellationHandler {
            loop.execute { bound.value.write(bytes, promise) }
            try await promise.futureResult.get()
        } onCancel: {
            // Without effect when the promise is kept already.
            promise.fail(CancellationError())
        }
    }
}
