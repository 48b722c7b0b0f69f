import NIOCore
import NIOHTTP1
import NIOHTTP2

/// What a listener's connections are made of: the handlers of the version of HTTP that each speaks.
struct ConnectionSetup: Sendable {
    let responder: any HTTPResponder
    let limits: HTTPLimits
    let budget: BodyBudget

    /// Called on the channel's event loop.
    /// - Parameters:
    ///   - version: what TLS agreed on; nil for HTTP/1.1.
    ///   - peer: from the client's certificate.
    func add(to channel: any Channel, version: String?, peer: PeerIdentity?) throws {
        let remote = channel.remoteAddress?.ipAddress ?? ""
        if version == "h2" { try addHTTP2(to: channel, peer, remote) } else { try addHTTP1(to: channel, peer, remote) }
    }

    private func connection(_ framing: any HTTPFraming, _ peer: PeerIdentity?, _ remote: String) -> HTTPConnection {
        HTTPConnection(responder: responder, limits: limits, budget: budget, framing: framing, peer: peer, remote: remote)
    }

    private func addHTTP1(to channel: any Channel, _ peer: PeerIdentity?, _ remote: String) throws {
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderListSize = limits.headers
        parsing.maxHeaderFieldSize = limits.headers
        let pipeline = channel.pipeline.syncOperations
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: parsing)
        try pipeline.addHandler(ByteToMessageHandler(decoder), name: HTTPConnection.decoderName)
        try pipeline.addHandler(connection(HTTP1Framing(), peer, remote))
    }

    private func addHTTP2(to channel: any Channel, _ peer: PeerIdentity?, _ remote: String) throws {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headers),
            HTTP2Setting(parameter: .initialWindowSize, value: 256 << 10),
        ]
        configuration.targetWindowSize = 1 << 20
        // As many as headers of that size come in, each as long as a frame is without agreement on more.
        configuration.maximumSequentialContinuationFrames = limits.headers >> 14
        var streams = NIOHTTP2Handler.StreamConfiguration()
        streams.targetWindowSize = 256 << 10
        streams.outboundBufferSizeHighWatermark = 64 << 10
        streams.outboundBufferSizeLowWatermark = 32 << 10
        streams.streamResetFrameRateLimit.maximumCount = limits.resets
        let graceful = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(maxIdleTime: nil, maxAge: nil, maxGraceTime: .seconds(10), keepalive: nil))
        let shared = HTTP2Connection(limits)
        let pipeline = channel.pipeline.syncOperations
        let setup = self
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: configuration, streamConfiguration: streams,
            streamDelegate: shared.delegate(graceful.http2StreamDelegate, on: channel.eventLoop)
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                try pipeline.addHandler(setup.connection(HTTP2Framing(), peer, remote))
            }
        }
        try pipeline.addHandler(graceful)
        try pipeline.addHandler(shared)
    }
}
