import Foundation

/// kube-apiserver's `--token-auth-file`: a line a token, `token,user,uid[,"group1,group2"]`.
public struct TokenFile: Sendable {
    private var users: [String: UserInfo] = [:]

    public init() {}

    /// Why a token file cannot be used.
    public struct Problem: Error, CustomStringConvertible {
        public var description: String
    }

    /// - Throws: ``Problem`` naming file and line.
    public init(path: String) throws(Problem) {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Problem(description: "\(path): the token file cannot be read")
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            let columns = trimmed.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
            }
            guard columns.count >= 3, !columns[0].isEmpty, !columns[1].isEmpty else {
                throw Problem(description: "\(path):\(index + 1): a line must have at least token, user name and user uid")
            }
            let groups = columns.count > 3 ? columns[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } : []
            users[columns[0]] = UserInfo(name: columns[1], uid: columns[2], groups: groups + ["system:authenticated"])
        }
    }

    func user(of token: String) -> UserInfo? { users[token] }
}
