import ArgumentParser
import Cluster

/// What is written down of who did what: kube-apiserver's flags of the same names.
struct AuditOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Which requests are written down, and how much of them.", valueName: "file"))
    var auditPolicyFile: String?

    @Option(help: ArgumentHelp("Where, a line of JSON each; - is standard output.", valueName: "file"))
    var auditLogPath: String?

    @Option(help: ArgumentHelp("Megabytes of that file before it is put aside.", valueName: "MB"))
    var auditLogMaxsize = 100

    @Option(help: ArgumentHelp("How many files that were put aside are kept; 0 keeps all.", valueName: "number"))
    var auditLogMaxbackup = 0

    @Option(help: ArgumentHelp("For how many days they are kept; 0 keeps them for ever.", valueName: "days"))
    var auditLogMaxage = 0

    func validate() throws {
        if auditLogPath != nil, auditPolicyFile == nil {
            throw ValidationError("--audit-log-path: without --audit-policy-file nothing would be written")
        }
        if auditPolicyFile != nil, auditLogPath == nil {
            throw ValidationError("--audit-policy-file: --audit-log-path must say where to write")
        }
        guard 1...1_000_000 ~= auditLogMaxsize else { throw ValidationError("--audit-log-maxsize \(auditLogMaxsize): must be 1 or more") }
        guard 0...1_000_000 ~= auditLogMaxbackup else {
            throw ValidationError("--audit-log-maxbackup \(auditLogMaxbackup): must be 0 or more")
        }
        guard 0...100_000 ~= auditLogMaxage else { throw ValidationError("--audit-log-maxage \(auditLogMaxage): must be 0 or more") }
    }

    func put(into configuration: inout EngineConfiguration) {
        configuration.auditPolicyFile = auditPolicyFile
        configuration.auditLogPath = auditLogPath ?? "-"
        configuration.auditLogLimits.size = auditLogMaxsize << 20
        configuration.auditLogLimits.backups = auditLogMaxbackup
        configuration.auditLogLimits.age = auditLogMaxage
    }
}
