/// Frames are the same however the bytes come in.
extension Subject {
    func websocket(_ bytes: [UInt8]) {
        func read(_ piece: Int) -> (events: [WebSocketFrames.Event], failure: WebSocketFrames.Failure?) {
            var frames = WebSocketFrames(limit: 1000)
            var events: [WebSocketFrames.Event] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                frames.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                do throws(WebSocketFrames.Failure) {
                    while let event = try frames.next() { events.append(event) }
                } catch { return (events, error) }
            }
            return (events, nil)
        }
        precondition(read(1) == read(bytes.count + 1))
    }

    /// Data come in pieces as they are there: how much came of each stream is the same.
    func spdy(_ bytes: [UInt8]) {
        func read(_ piece: Int) -> (events: [SPDYFrames.Event], data: [UInt32: [UInt8]], failed: Bool) {
            var frames = SPDYFrames()
            let headers = SPDYHeaderReader()
            var events: [SPDYFrames.Event] = []
            var data: [UInt32: [UInt8]] = [:]
            var rest = bytes[...]
            while !rest.isEmpty {
                frames.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                do throws(SPDYFailure) {
                    while let event = try frames.next() {
                        switch event {
                        case .data(let stream, let part, _): data[stream, default: []] += part
                        case .open(_, let block, _, _), .headers(_, let block, _):
                            _ = try headers.read(block)
                            events.append(event)
                        default: events.append(event)
                        }
                    }
                } catch { return (events, data, true) }
            }
            return (events, data, false)
        }
        precondition(read(1) == read(bytes.count + 1))
    }
}
