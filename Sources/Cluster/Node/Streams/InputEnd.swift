import Synchronization

/// The end of a program's standard input that is written to. The program sees the end of its input with ``close()``, whoever else
/// still holds this.
final class InputEnd: Sendable {
    private let descriptor: Mutex<Descriptor?>

    init(_ descriptor: Descriptor) { self.descriptor = Mutex(descriptor) }

    /// Returns when all is written. A program may have closed its input; what comes for it then is nobody's.
    func write(_ bytes: [UInt8]) async {
        guard let open = descriptor.withLock({ $0 }) else { return }
        do { try await open.writeAll(bytes) } catch { close() }
    }

    func close() { descriptor.withLock { $0 = nil } }
}
