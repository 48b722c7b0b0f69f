import NIOCore
import NIOHTTP2

/// What the streams of an HTTP/2 connection have in common: it closes when none has been open for long, and when its peer takes nothing.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// Seconds that a peer has, when it is told that its connection closes, before it does.
    private static let farewell: Int64 = 5

    private let limits: HTTPLimits
    private var reader: SlowReader
    private var streams = 0
    private var isClosing = false
    private var context: ChannelHandlerContext?
    /// Of a connection without streams.
    private var idle: LazyDeadline?
    /// Of one whose peer takes too little.
    private var stall: LazyDeadline?

    init(_ limits: HTTPLimits) {
        self.limits = limits
        reader = SlowReader(limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        idle = LazyDeadline(context.eventLoop) { [weak self] in self?.idleTooLong() }
        stall = LazyDeadline(context.eventLoop) { [weak self] in self?.stalled() }
        idle?.set(in: .seconds(limits.idleSeconds))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        idle?.cancel()
        stall?.cancel()
        self.context = nil
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stall?.clear()
        } else {
            reader.begin(sent: WrittenBytes.sent(context.channel))
            stall?.set(in: .seconds(limits.requestSeconds))
        }
        context.fireChannelWritabilityChanged()
    }

    /// Of the connection, not of a stream: the peer does not speak HTTP/2, or does what none may who means well.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }

    private func idleTooLong() {
        guard let context else { return }
        if isClosing { return context.close(promise: nil) }
        isClosing = true
        idle?.set(in: .seconds(HTTP2Connection.farewell))
        context.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    private func stalled() {
        guard let context else { return }
        guard reader.hasTakenEnough(sent: WrittenBytes.sent(context.channel)) else { return context.close(promise: nil) }
        stall?.set(in: .seconds(limits.requestSeconds))
    }

    // MARK: - Streams

    private func opened() {
        streams += 1
        idle?.clear()
    }

    private func ended() {
        streams -= 1
        if streams == 0 { idle?.set(in: .seconds(isClosing ? HTTP2Connection.farewell : limits.idleSeconds)) }
    }

    /// Is told of streams, and tells `next`.
    func delegate(_ next: any NIOHTTP2StreamDelegate, on loop: any EventLoop) -> any NIOHTTP2StreamDelegate {
        Delegate(connection: NIOLoopBound(self, eventLoop: loop), next: next)
    }

    private struct Delegate: NIOHTTP2StreamDelegate {
        let connection: NIOLoopBound<HTTP2Connection>
        let next: any NIOHTTP2StreamDelegate

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
            connection.value.opened()
            next.streamCreated(id, channel: channel)
        }

        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
            connection.value.ended()
            next.streamClosed(id, channel: channel)
        }
    }
}
