import ArgumentParser
import Cluster

/// Who may do what: kube-apiserver's flags of the same names.
struct AccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Users by token: lines of token,user,uid[,\"group,…\"].", valueName: "file"))
    var tokenAuthFile: String?

    @Option(help: ArgumentHelp("Who issues service accounts' tokens.", valueName: "url"))
    var serviceAccountIssuer: String?

    @Option(
        help: ArgumentHelp(
            "Who is asked, in this order, whether a request is allowed: Node, RBAC, AlwaysAllow, AlwaysDeny.", valueName: "mode,…"))
    var authorizationMode = "Node,RBAC"

    func validate() throws { _ = try modes() }

    private func modes() throws -> [AuthorizationMode] {
        var modes: [AuthorizationMode] = []
        for name in authorizationMode.split(separator: ",", omittingEmptySubsequences: false) {
            guard let mode = AuthorizationMode(rawValue: String(name)) else {
                let known = AuthorizationMode.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--authorization-mode \(name): no such mode; there are \(known)")
            }
            guard !modes.contains(mode) else { throw ValidationError("--authorization-mode \(authorizationMode): \(name) is there twice") }
            modes.append(mode)
        }
        return modes
    }

    func put(into configuration: inout EngineConfiguration) throws {
        configuration.tokenAuthFile = tokenAuthFile
        configuration.serviceAccountIssuer = serviceAccountIssuer
        configuration.authorizationModes = try modes()
    }
}
