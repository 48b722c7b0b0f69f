import ClusterTransport

/// A page from behind a proxy, on its way to a browser that sees it at another path.
enum ProxiedPage {
    private static let deflated: Set = ["gzip", "deflate"]

    /// The answer with its links changed when it is an HTML page that can be read, of which nothing else changes; any other as it is.
    /// - Parameter rewrite: gives the link to put in a link's place.
    static func rewritten(_ answer: HTTPResponse, _ rewrite: @escaping @Sendable (String) -> String) -> HTTPResponse {
        func header(_ name: String) -> String { answer.headers.last { $0.0.lowercased() == name }?.1.lowercased() ?? "" }
        let type = header("content-type").split(separator: ";", omittingEmptySubsequences: false).first?.filter { $0 != " " }
        let coding = header("content-encoding")
        guard type == "text/html", coding.isEmpty || coding == "identity" || deflated.contains(coding), case .stream(let body) = answer.body
        else { return answer }
        var page = answer
        page.headers.removeAll { ["content-length", "content-encoding"].contains($0.0.lowercased()) }
        page.body = .stream { writer in
            let links = LinkWriter(writer, isDeflated: deflated.contains(coding), HTMLLinks(rewrite))
            try await body(links)
            try await links.finish()
        }
        return page
    }
}

/// Writes a page with other links, as it comes.
private actor LinkWriter: BodyWriter {
    private let writer: any BodyWriter
    private let inflater: Inflater?
    private var links: HTMLLinks

    init(_ writer: any BodyWriter, isDeflated: Bool, _ links: HTMLLinks) {
        self.writer = writer
        self.links = links
        inflater = isDeflated ? Inflater() : nil
    }

    func write(_ bytes: [UInt8]) async throws {
        guard let inflater else { return try await pass(links.read(bytes)) }
        inflater.give(bytes)
        while let piece = try inflater.next() { try await pass(links.read(piece)) }
    }

    func finish() async throws { try await pass(links.finish()) }

    private func pass(_ bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await writer.write(bytes) }
    }
}
