import Glibc

/// What an image means to the `process` runtime: `host/PROGRAM`, with any tag or digest, is that program of the host.
struct HostImage: Sendable, Hashable {
    /// As in the image: a name, or a path without its first slash.
    let program: String

    /// Where programs are looked for, in a container as here.
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        case otherImage(String)
        case notInstalled(image: String, program: String)

        var description: String {
            switch self {
            case .otherImage(let image):
                "image \"\(image)\": this node runs programs of the host and pulls no images; an image it can run is host/PROGRAM, e.g. host/sh"
            case .notInstalled(let image, let program):
                "image \"\(image)\": the host has no program \(program) in \(HostImage.path)"
            }
        }
    }

    /// - Throws: ``Problem`` for any other image.
    init(_ image: String) throws(Problem) {
        var name = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") { name = String(name[..<colon]) }
        guard name.hasPrefix("host/"), name.count > 5, !name.split(separator: "/", omittingEmptySubsequences: false).contains("..") else {
            throw .otherImage(image)
        }
        program = String(name.dropFirst(5))
    }

    /// The program as it is to be started: a path, or a name that is looked up.
    var command: String { program.contains("/") ? "/" + program : program }

    /// - Throws: ``Problem`` when the host does not have it where containers see it.
    func check(_ image: String) throws(Problem) {
        let places = program.contains("/") ? [command] : HostImage.path.split(separator: ":").map { "\($0)/\(program)" }
        guard places.contains(where: { access($0, X_OK) == 0 }) else { throw .notInstalled(image: image, program: command) }
    }
}
