import ClusterObjects
import ClusterServer
import ClusterStore
import Foundation
import Logging

/// The files that a configuration names, read.
extension EngineConfiguration {
    /// How the store enciphers objects.
    /// - Throws: ``EngineError`` naming file and field.
    func encryption() throws(EngineError) -> Encryption {
        guard let path = encryptionProviderConfig else { return .none }
        let flag = "--encryption-provider-config \(path)"
        let document = try document(path, flag)
        do throws(Encryption.Problem) { return try Encryption(document) } catch { throw EngineError("\(flag): \(error)") }
    }

    /// Who writes the audit log; nil where there is no policy.
    /// - Throws: ``EngineError`` naming file and field.
    func auditor(_ logger: Logger) throws(EngineError) -> Auditor? {
        guard let path = auditPolicyFile else { return nil }
        let flag = "--audit-policy-file \(path)"
        let document = try document(path, flag)
        let policy: AuditPolicy
        do throws(AuditPolicy.Problem) { policy = try AuditPolicy(document) } catch { throw EngineError("\(flag): \(error)") }
        do throws(AuditPolicy.Problem) {
            return Auditor(policy: policy, log: try AuditLog(path: auditLogPath, limits: auditLogLimits, logger: logger))
        } catch { throw EngineError("--audit-log-path: \(error)") }
    }

    private func document(_ path: String, _ flag: String) throws(EngineError) -> Value {
        guard let data = FileManager.default.contents(atPath: path) else { throw EngineError("\(flag): the file cannot be read") }
        guard let parseYAML else {
            do throws(JSONError) { return try Value(parsing: Array(data)) } catch { throw EngineError("\(flag): \(error.message)") }
        }
        let parsed: (value: Value, repeatedKeys: [String])
        do { parsed = try parseYAML(Array(data)) } catch { throw EngineError("\(flag): \(error)") }
        if let repeated = parsed.repeatedKeys.first { throw EngineError("\(flag): \(repeated)") }
        return parsed.value
    }
}
