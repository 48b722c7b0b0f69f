import Foundation
import Testing

@testable import ClusterTransport

/// The frames and header blocks of SPDY/3.1.
@Suite struct SPDYFrameTests {
    private func events(_ bytes: [UInt8], cut: Int = .max) throws -> [SPDYFrames.Event] {
        var frames = SPDYFrames()
        var rest = bytes[...]
        var events: [SPDYFrames.Event] = []
        while !rest.isEmpty {
            frames.append(rest.prefix(cut))
            rest = rest.dropFirst(cut)
            while let event = try frames.next() { events.append(event) }
        }
        return events
    }

    private func open(_ id: Int, _ block: [UInt8], flags: Int = 0) -> [UInt8] {
        SPDYFrames.control(1, flags: flags, SPDYFrames.number(id) + SPDYFrames.number(0) + [0, 0] + block)
    }

    @Test(arguments: [1, 2, 7, 1000]) func `frames are read however they are cut`(cut: Int) throws {
        let bytes =
            open(1, [7, 8], flags: 1) + SPDYFrames.ping(5) + SPDYFrames.data(1, [1, 2, 3]) + SPDYFrames.reset(3, .cancel)
            + SPDYFrames.control(4, [0, 0, 0, 0]) + SPDYFrames.control(9, [0, 0, 0, 1, 0, 1, 0, 0]) + open(5, [], flags: 2)
            + SPDYFrames.control(8, SPDYFrames.number(5) + [9]) + SPDYFrames.data(5, [], isLast: true) + SPDYFrames.goAway(last: 0)
        var merged: [SPDYFrames.Event] = []
        for event in try events(bytes, cut: cut) {
            // Data comes in pieces, which say the same together.
            if case .data(let id, let more, let isLast) = event, case .data(id, let before, false)? = merged.last {
                merged[merged.count - 1] = .data(id, before + more, isLast: isLast)
            } else {
                merged.append(event)
            }
        }
        #expect(
            merged == [
                .open(1, block: [7, 8], isLast: true, isOneWay: false), .ping(5), .data(1, [1, 2, 3], isLast: false), .reset(3),
                .open(5, block: [], isLast: false, isOneWay: true), .headers(5, block: [9], isLast: false), .data(5, [], isLast: true),
                .goAway,
            ])
    }

    @Test(arguments: [
        ("another version", [0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]), ("HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8).map { $0 | 0x80 }),
        ("a frame of 16 MB", [0x80, 3, 0, 1, 0, 0xFF, 0xFF, 0xFF]), ("a stream without a number", [0x80, 3, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1]),
        ("a ping without a number", [0x80, 3, 0, 6, 0, 0, 0, 0]), ("a reply to nobody", [0x80, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1]),
    ]) func `what is no frame is refused as soon as its beginning is there`(name: String, bytes: [UInt8]) {
        #expect(throws: SPDYFailure.self, "\(name)") { try events(bytes) }
    }

    @Test func `a frame of data is handed on as it comes, however long it says it is`() throws {
        var frames = SPDYFrames()
        frames.append([0, 0, 0, 1, 1, 0xFF, 0xFF, 0xFF] as [UInt8])
        #expect(try frames.next() == nil)
        frames.append([1, 2])
        #expect(try frames.next() == .data(1, [1, 2], isLast: false))
        #expect(try frames.next() == nil)
    }

    @Test func `header blocks of one connection share what came before`() throws {
        let (reader, writer) = (SPDYHeaderReader(), SPDYHeaderWriter())
        let blocks: [[String: String]] = [
            ["streamtype": "error", "port": "8080", "requestid": "1"], ["streamtype": "error", "port": "8080", "requestid": "1"], [:],
            ["x": String(repeating: "ü", count: 2000), "empty": ""], ["streamtype": "data", "port": "80"],
        ]
        let written = blocks.map { writer.write($0) }
        for (block, bytes) in zip(blocks, written) { #expect(try reader.read(bytes) == block) }
        #expect(written[1].count < written[0].count / 2)
        // One that was missed makes the next unreadable.
        #expect(throws: SPDYFailure.self) { try SPDYHeaderReader().read(written[4]) }
    }

    @Test func `the streams that a kubectl opens are read`() throws {
        // What kubectl 1.32 sends to forward a connection to port 80, as it was recorded.
        let sent = [
            "gAMAAQAAAD0AAAABAAAAAAAAePnjxqfCAiU6cDorKUpNzIUWJaypoICGFMtFoCTMZGHAwMDAWQSJxExQ4mY0AAAAAP//", "AAAAAQEAAAA=",
            "gAMAAQAAABgAAAADAAAAAAAAwqoVVAolEtIJAAAA//8=", "AAAAAwAAAANoaQo=", "gAMABgAAAAQAAAAB",
        ]
        let reader = SPDYHeaderReader()
        let read = try events(sent.flatMap { Array(Data(base64Encoded: $0) ?? Data()) })
        let blocks = try read.compactMap { event -> [String: String]? in
            guard case .open(_, let block, _, _) = event else { return nil }
            return try reader.read(block)
        }
        #expect(
            blocks == [
                ["streamtype": "error", "port": "80", "requestid": "0"], ["streamtype": "data", "port": "80", "requestid": "0"],
            ])
        let others = read.filter { if case .open = $0 { false } else { true } }
        #expect(others == [.data(1, [], isLast: true), .data(3, Array("hi\n".utf8), isLast: false), .ping(1)])
    }

    @Test func `a block that inflates to too much is refused, and so are blocks that lie`() throws {
        let bomb = SPDYHeaderWriter().write(["x": String(repeating: "0", count: 10_000_000)])
        #expect(bomb.count < 100_000)
        #expect(throws: SPDYFailure.self) { try SPDYHeaderReader().read(bomb) }

        func read(_ plain: [UInt8]) throws -> [String: String] { try SPDYHeaderReader().read(SPDYHeaderWriter().deflated(plain)) }
        let number = SPDYFrames.number
        #expect(try read(number(1) + number(1) + [120] + number(0)) == ["x": ""])
        for lie in [
            [], number(1), number(65), number(1) + number(5) + [120], number(1) + number(1) + [120] + number(0x7FFF_FFFF),
            number(0) + [1], number(1) + number(1) + [88] + number(0), number(1) + number(0) + number(0),
            number(2) + number(1) + [120] + number(0) + number(1) + [120] + number(0),
        ] { #expect(throws: SPDYFailure.self, "\(lie)") { try read(lie) } }
        #expect(throws: SPDYFailure.self) { try SPDYHeaderReader().read([1, 2, 3]) }
    }

    @Test func `random bytes never do more than fail`() {
        var generator = Seeded(seed: 7)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Most of them with the beginning of a frame.
            if Bool.random(using: &generator), bytes.count > 8 { bytes.replaceSubrange(0..<2, with: [0x80, 3]) }
            _ = try? events(bytes)
            _ = try? SPDYHeaderReader().read(bytes)
        }
    }
}

/// Sessions over a connection that began as HTTP.
@Suite struct SPDYSessionTests {
    private static let asking =
        "POST /stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: new.x\r\n"
        + "X-Stream-Protocol-Version: old.x\r\nContent-Length: 0\r\n\r\n"

    /// Sends each stream's headers and then what comes in it back.
    private var echo: Answers {
        Answers(later: { request in
            SPDYUpgrade.response(to: request, protocols: ["old.x"]) { session, name in
                await withDiscardingTaskGroup { group in
                    for await stream in session.streams {
                        group.addTask {
                            try? await stream.send(Array("\(name) \(stream.headers["x"] ?? "")".utf8))
                            do { for try await bytes in stream.inbound { try await stream.send(bytes) } } catch {}
                            try? await stream.finish()
                        }
                    }
                }
            }
        })
    }

    private func open(_ id: Int, _ block: [UInt8]) -> [UInt8] {
        SPDYFrames.control(1, SPDYFrames.number(id) + SPDYFrames.number(0) + [0, 0] + block)
    }

    /// Agrees with the server on the protocol.
    private func begin(_ listener: HTTPListener) async throws -> Peer {
        let peer = try Peer(listener.port)
        let head = await peer.ask(Self.asking, until: "\r\n\r\n")
        #expect(
            head
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: old.x\r\n"
                + "Connection: Upgrade\r\n\r\n")
        return peer
    }

    private func expect(_ peer: Peer, sent: [UInt8], answered: [UInt8], _ place: SourceLocation = #_sourceLocation) async {
        #expect(await peer.ask(bytes: sent, count: answered.count) == answered, sourceLocation: place)
    }

    @Test func `streams carry bytes both ways, and each way ends by itself`() async throws {
        try await withListener(echo) { listener in
            let peer = try await begin(listener)
            let (ours, theirs) = (SPDYHeaderWriter(), SPDYHeaderWriter())
            await expect(
                peer, sent: open(1, ours.write(["x": "one"])),
                answered: SPDYFrames.reply(1, block: theirs.write([:])) + SPDYFrames.data(1, "old.x one".utf8))
            await expect(
                peer, sent: open(3, ours.write(["x": "two"])),
                answered: SPDYFrames.reply(3, block: theirs.write([:])) + SPDYFrames.data(3, "old.x two".utf8))
            await expect(peer, sent: SPDYFrames.data(1, [1, 2]), answered: SPDYFrames.data(1, [1, 2]))
            await expect(peer, sent: SPDYFrames.ping(7), answered: SPDYFrames.ping(7))
            await expect(
                peer, sent: SPDYFrames.data(3, [3], isLast: true),
                answered: SPDYFrames.data(3, [3]) + SPDYFrames.data(3, [], isLast: true))
            // What comes for a stream that is over is dropped, and the others go on.
            await expect(
                peer, sent: SPDYFrames.data(3, [9]) + SPDYFrames.reset(5, .cancel) + SPDYFrames.data(1, [4]),
                answered: SPDYFrames.data(1, [4]))
        }
    }

    @Test func `who breaks the protocol is told, and the connection closes`() async throws {
        try await withListener(echo) { listener in
            for wrong in [open(2, SPDYHeaderWriter().write([:])), open(1, [1, 2, 3]), [0x80, 2, 0, 1, 0, 0, 0, 0]] {
                let peer = try await begin(listener)
                await expect(peer, sent: wrong, answered: SPDYFrames.goAway(last: 0, isError: true))
                #expect(await peer.receive() == "")
            }
        }
    }

    @Test func `streams beyond the limit are refused`() async throws {
        try await withListener(echo) { listener in
            let peer = try await begin(listener)
            let writer = SPDYHeaderWriter()
            for id in stride(from: 1, to: 1025, by: 2) { _ = await peer.ask(bytes: open(id, writer.write([:])), count: 0) }
            _ = await peer.ask(bytes: open(1025, writer.write([:])), count: 0)
            let refused = SPDYFrames.reset(1025, .refusedStream)
            #expect(await peer.received(with: refused).firstRange(of: refused) != nil)
        }
    }

    @Test func `a client that speaks none of the protocols is told which there are`() async throws {
        try await withListener(echo) { listener in
            let foreign = Self.asking.replacingOccurrences(of: "old.x", with: "odd.x")
            let text = try await Peer(listener.port).ask(foreign)
            #expect(text.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && text.contains("X-Accepted-Stream-Protocol-Versions: old.x\r\n"))
            #expect(text.hasSuffix("unable to negotiate protocol: client supports [new.x odd.x], server accepts [old.x]\n"))
        }
    }
}
