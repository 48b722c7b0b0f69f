import ClusterObjects
import ClusterTransport
import Glibc

/// The node's HTTPS endpoint: logs and streams of containers, for the API server alone (kubelet's paths).
struct NodeEndpoint: HTTPResponder {
    /// The node's.
    let directory: String
    /// The node's network.
    let sockets: any NodeSockets

    /// Who may ask: the API server's own certificate, and administrators.
    private static func mayAsk(_ peer: PeerIdentity) -> Bool {
        peer.organizations.contains("system:masters") || peer.commonName == "kube-apiserver-kubelet-client"
            || peer.commonName == "system:apiserver"
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.path == "/healthz" { return NodeEndpoint.text(200, "ok") }
        guard let peer = request.peer else { return NodeEndpoint.text(401, "Unauthorized") }
        guard NodeEndpoint.mayAsk(peer) else {
            return NodeEndpoint.text(403, "Forbidden (user=\(peer.commonName), verb=get, resource=nodes, subresource(s)=[proxy])")
        }
        let parts = request.path.split(separator: "/").map { Percent.decode($0) }
        switch (parts.first, parts.count) {
        case ("containerLogs", 4) where request.method == "GET":
            return log(parts[1], parts[2], container: parts[3], request.query)
        case ("exec", 4), ("attach", 4): return command(request, parts[0], parts[1], parts[2], container: parts[3])
        case ("portForward", 3): return portForward(request, parts[1], parts[2])
        case ("dial", 3): return await dial(request, address: parts[1], port: parts[2])
        default: return NodeEndpoint.text(404, "404 page not found")
        }
    }

    /// A pod that was replaced by one of the same name may still be here; the newest is meant.
    private func find(_ namespace: String, _ name: String) -> (place: PodDirectory, pod: Pod)? {
        PodDirectory.all(node: directory).compactMap { directory in directory.pod.map { (directory, $0) } }
            .filter { $0.1.namespace == namespace && $0.1.name == name }
            .max { ($0.1.object.creationTimestamp?.microseconds ?? 0) < ($1.1.object.creationTimestamp?.microseconds ?? 0) }
    }

    private func log(_ namespace: String, _ name: String, container: String, _ text: String) -> HTTPResponse {
        let query: LogQuery
        do throws(LogQuery.Problem) { query = try LogQuery(text, at: .system()) } catch {
            return NodeEndpoint.text(400, "{\"message\": \"\(error)\"}")
        }
        guard let (place, pod) = find(namespace, name) else { return NodeEndpoint.text(404, "pod \"\(name)\" not found") }
        let attempts = place.attempts(container)
        // An ephemeral container came after the pod was written down.
        guard !attempts.isEmpty || pod.allContainers.contains(where: { $0.name == container }) else {
            return NodeEndpoint.text(404, "container \"\(container)\" not found in pod \"\(name)\"")
        }
        guard let newest = attempts.last else {
            return NodeEndpoint.text(
                400, "container \"\(container)\" in pod \"\(name)\" is waiting to start: ContainerCreating")
        }
        guard let attempt = query.previous ? attempts.dropLast().last : newest else {
            return NodeEndpoint.text(
                400, "previous terminated container \"\(container)\" in pod \"\(name)\" not found")
        }
        let log = ContainerLog(path: place.log(container, attempt: attempt), query: query) {
            place.shim != nil && place.record(container, attempt: attempt)?.exit == nil
        }
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain")],
            body: .stream { writer in try await log.read { try await writer.write($0) } })
    }

    /// `exec` and `attach`.
    private func command(
        _ request: HTTPRequest, _ verb: String, _ namespace: String, _ name: String, container: String
    ) -> HTTPResponse {
        let options: CommandOptions
        do throws(CommandOptions.Problem) { options = try CommandOptions(request.query) } catch {
            return NodeEndpoint.text(400, error.description)
        }
        guard let (place, _) = find(namespace, name) else { return NodeEndpoint.text(404, "pod does not exist") }
        guard let newest = place.attempts(container).last, place.shim != nil, place.record(container, attempt: newest)?.exit == nil else {
            return NodeEndpoint.text(500, "container not found (\"\(container)\")")
        }
        if verb == "exec", options.command.isEmpty { return NodeEndpoint.text(400, "a command is required") }
        let client = place.client
        @Sendable func run(_ streams: any CommandStreams) async throws {
            let session = CommandSession(client: client, container: container, options: options, streams: streams)
            try await verb == "exec" ? session.execute() : session.attach()
        }
        if SPDYUpgrade.isAsked(by: request) {
            return SPDYUpgrade.response(to: request, protocols: SPDYCommandStreams.protocols) { session, name in
                try await run(try await SPDYCommandStreams(session, protocol: name, options))
            }
        }
        return WebSocket.response(to: request, subprotocols: ChannelProtocol.all) { socket in
            let streams = WebSocketCommandStreams(socket)
            try await streams.greet(options)
            try await run(streams)
        }
    }

    private func portForward(_ request: HTTPRequest, _ namespace: String, _ name: String) -> HTTPResponse {
        guard let (place, _) = find(namespace, name) else { return NodeEndpoint.text(404, "pod does not exist") }
        guard place.shim != nil else { return NodeEndpoint.text(500, "unable to do port forwarding: pod \"\(name)\" is not running") }
        let ports = PodPorts(uid: place.uid, shim: place.client)
        let spdy = SPDYPortForward(ports: ports)
        if SPDYUpgrade.isAsked(by: request) {
            return SPDYUpgrade.response(to: request, protocols: SPDYPortForward.protocols) { session, _ in try await spdy.serve(session) }
        }
        if request.headers[canonicalForm: "sec-websocket-protocol"].contains(where: { $0 == SPDYPortForward.tunnel }) {
            return WebSocket.response(to: request, subprotocols: [SPDYPortForward.tunnel]) { socket in
                try await SPDYUpgrade.run(SPDYSession(socket)) { try await spdy.serve($0) }
            }
        }
        let channels: ChannelPortForward
        do throws(ChannelPortForward.Problem) { channels = try ChannelPortForward(ports, query: request.query) } catch {
            return NodeEndpoint.text(400, error.description)
        }
        return WebSocket.response(to: request, subprotocols: ChannelPortForward.protocols) { socket in
            try await channels.serve(socket)
        }
    }

    /// Joins the API server, which is not in the node's network, with a server that is. The API server asks for this itself, never for
    /// somebody whose request it passes on: it has looked at who may be reached.
    private func dial(_ request: HTTPRequest, address: String, port: String) async -> HTTPResponse {
        guard !request.headers.contains(name: "x-forwarded-uri") else { return NodeEndpoint.text(404, "404 page not found") }
        guard request.headers.first(name: "upgrade") == HTTPRelay.tunnelProtocol, let port = Int(port) else {
            return NodeEndpoint.text(400, "a tunnel to an address and a port must be asked for")
        }
        let socket: Descriptor
        do {
            socket = Descriptor(try await sockets.tcp())
            try await socket.connect(to: address, port: port)
        } catch {
            return NodeEndpoint.text(502, "\(error)")
        }
        var response = HTTPResponse(status: 101, headers: [("Upgrade", HTTPRelay.tunnelProtocol)])
        response.upgrade = { stream in try await socket.join(stream) }
        return response
    }

    private static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array((text + "\n").utf8)))
    }
}
