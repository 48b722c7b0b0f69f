import Testing

@Suite struct JobRulesTests {
    private func jobs() throws -> KindUnderTest {
        try KindUnderTest(
            "batch", "v1", "jobs",
            sound: """
                {"metadata":{"name":"x","uid":"u"},
                 "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}
                """)
    }

    private static let indexed = #""completionMode":"Indexed","completions":3"#

    @Test func `a sound job is not refused, nor is an indexed one with a policy of success`() throws {
        #expect(try jobs().created("{}") == [])
        let policy = #""successPolicy":{"rules":[{"succeededIndexes":"0,2","succeededCount":1}]}"#
        #expect(try jobs().created("{\"spec\":{\(Self.indexed),\(policy)}}") == [])
    }

    @Test(arguments: [
        Refusal(
            #"{"spec":{"completionMode":"Some"}}"#,
            #"spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed""#),
        Refusal(
            #"{"spec":{"completionMode":"Indexed","completions":null,"parallelism":200000}}"#,
            "spec.completions: Required value: when completion mode is Indexed",
            "spec.parallelism: Invalid value: 200000: must be less than or equal to 100000 when completion mode is Indexed"),
        Refusal(
            #"{"spec":{"backoffLimitPerIndex":1,"maxFailedIndexes":-1}}"#,
            "spec.maxFailedIndexes: Invalid value: -1: must be greater than or equal to 0",
            "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
            "spec.maxFailedIndexes: Invalid value: -1: requires indexed completion mode"),
        Refusal(
            #"{"spec":{"maxFailedIndexes":4,"completionMode":"Indexed","completions":3}}"#,
            "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
            "spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions"),
        Refusal(
            #"{"spec":{"completionMode":"Indexed","completions":100001,"parallelism":10001,"backoffLimitPerIndex":1}}"#,
            "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
            "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with "
                + "backoff limit per index"),
        Refusal(
            #"{"spec":{"managedBy":"me"}}"#,
            #"spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")"#),
        Refusal(
            #"{"spec":{"podReplacementPolicy":"Never"}}"#,
            #"spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed""#),
        Refusal(
            #"{"spec":{"template":{"spec":{"restartPolicy":"Always"}}}}"#,
            #"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#),
        Refusal(
            #"{"spec":{"successPolicy":{"rules":[{"succeededCount":1}]}}}"#,
            #"spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode"#
        ),
        Refusal(
            #"{"spec":{"template":{"metadata":{"labels":{"job-name":"y"}}}}}"#,
            #"spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"x","controller-uid":"u","job-name":"y"}: must be 'x'"#
        ),
        Refusal(
            #"{"spec":{"selector":{"matchLabels":{"a":"b"}}}}"#,
            #"spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"u"}}: `selector` not auto-generated"#,
            #"spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"x","controller-uid":"u","job-name":"x"}: `selector` does not match template `labels`"#
        ),
    ])
    func `a job that breaks a rule is told so`(row: Refusal) throws {
        #expect(try jobs().created(row.patch) == row.messages)
    }

    @Test func `an indexed job's name leaves room for the index`() throws {
        let name = String(repeating: "n", count: 62)
        #expect(
            try jobs().created(#"{"metadata":{"name":"\#(name)"},"spec":{\#(Self.indexed)}}"#) == [
                #"metadata.name: Invalid value: "\#(name)": will not able to create pod with invalid DNS label: \#(name)-2"#
            ])
    }

    @Test(arguments: [
        (
            #"{"succeededIndexes":"0,1-7"}"#,
            [#".succeededIndexes: Invalid value: "0,1-7": error parsing succeededIndexes: too large index: "7""#]
        ),
        (
            #"{"succeededIndexes":"1,1"}"#,
            [#".succeededIndexes: Invalid value: "1,1": error parsing succeededIndexes: non-increasing order, previous: 1, current: 1"#]
        ),
        (
            #"{"succeededIndexes":"a"}"#,
            [#".succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a""#]
        ),
        (
            #"{"succeededIndexes":"0-1-2"}"#,
            [
                #".succeededIndexes: Invalid value: "0-1-2": error parsing succeededIndexes: the fragment "0-1-2" violates the requirement that an index interval can have at most two parts separated by '-'"#
            ]
        ),
        (
            #"{"succeededIndexes":"0-1","succeededCount":4}"#,
            [
                ".succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)",
                ".succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified "
                    + "succeededIndexes field)",
            ]
        ),
        ("{}", [": Required value: at least one of succeededCount or succeededIndexes must be specified"]),
    ])
    func `a rule of success names indexes that there are`(rule: String, messages: [String]) throws {
        let refused = try jobs().created("{\"spec\":{\(Self.indexed),\"successPolicy\":{\"rules\":[\(rule)]}}}")
        #expect(refused == messages.map { "spec.successPolicy.rules[0]\($0)" })
    }

    @Test(arguments: [
        (
            #"{"action":"","onPodConditions":[{"type":"A"}]}"#,
            #".action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]"#
        ),
        (
            #"{"action":"FailIndex","onPodConditions":[{"type":"A"}]}"#,
            #".action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set"#
        ),
        (#"{"action":"Count","onExitCodes":{"values":[1]}}"#, #".onExitCodes.operator: Required value: valid values: ["In" "NotIn"]"#),
        (
            #"{"action":"Count","onExitCodes":{"operator":"In","values":[2,1]}}"#,
            ".onExitCodes.values: Invalid value: [2,1]: must be ordered"
        ),
        (
            #"{"action":"Count","onExitCodes":{"operator":"In","values":[1],"containerName":"no"}}"#,
            #".onExitCodes.containerName: Invalid value: "no": must be one of the container or initContainer names in the pod template"#
        ),
    ])
    func `a rule for failures says what to do and when`(rule: String, message: String) throws {
        #expect(
            try jobs().created("{\"spec\":{\"podFailurePolicy\":{\"rules\":[\(rule)]}}}") == [
                "spec.podFailurePolicy.rules[0]\(message)"
            ])
    }

    @Test(arguments: [
        Refusal(#"{"spec":{"completions":2}}"#, "spec.completions: Invalid value: 2: field is immutable"),
        Refusal(
            #"{"spec":{"completionMode":"NonIndexed","managedBy":"a.io/b"}}"#,
            #"spec.managedBy: Invalid value: "a.io/b": field is immutable"#),
        Refusal(
            #"{"spec":{"completions":5}}"#, from: "{\"spec\":{\(indexed)}}",
            "spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism"),
        Refusal(#"{"spec":{"completions":5,"parallelism":5}}"#, from: "{\"spec\":{\(indexed)}}"),
        Refusal(#"{"spec":{"suspend":true,"parallelism":7}}"#),
        Refusal(
            #"{"spec":{"podFailurePolicy":{"rules":[{"action":"FailJob","onPodConditions":[{"type":"A"}]}]},"podReplacementPolicy":"Failed"}}"#,
            #"spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"FailJob","OnExitCodes":null,"OnPodConditions":[{"Type":"A","Status":"True"}]}]}: field is immutable"#
        ),
    ])
    func `of a job's spec little changes once it is made`(row: Refusal) throws {
        #expect(try jobs().changed(row.patch, from: row.stored) == row.messages)
    }

    private static let suspended = #"{"spec":{"suspend":true}}"#
    private static let stopped =
        #"{"spec":{"suspend":true},"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Suspended","status":"True"}]}}"#
    private static let stopping = #"{"spec":{"suspend":true},"status":{"startTime":"2026-01-01T00:00:00Z"}}"#
    private static let resources = #"[{"name":"c","image":"i:1","resources":{"requests":{"cpu":"2"}}}]"#

    @Test(arguments: [
        (suspended, #"{"nodeSelector":{"a":"b"}}"#, ""), (stopped, #"{"tolerations":[{"operator":"Exists"}]}"#, ""),
        (suspended, #"{"containers":\#(resources)}"#, ""), (suspended, #"{"hostname":"h"}"#, "spec.template.spec"),
        (stopping, #"{"nodeSelector":{"a":"b"}}"#, "spec.template"), ("{}", #"{"nodeSelector":{"a":"b"}}"#, "spec.template"),
    ])
    func `where a suspended job's pods go may change while none runs`(stored: String, spec: String, field: String) throws {
        let messages = try jobs().changed("{\"spec\":{\"template\":{\"spec\":\(spec)}}}", from: stored)
        #expect(messages.count == (field.isEmpty ? 0 : 1))
        for message in messages {
            #expect(message.hasPrefix("\(field): Invalid value: {"))
            #expect(message.hasSuffix(": field is immutable"))
        }
    }

    private static let running = #"{"status":{"startTime":"2026-01-01T00:00:00Z","active":1,"failed":2,"succeeded":1}}"#

    @Test(arguments: [
        Refusal(
            #"{"status":{"active":0,"ready":1,"failed":1,"succeeded":0}}"#, from: running,
            "status.ready: Invalid value: 1: cannot set more ready pods than active",
            "status.failed: Invalid value: 1: cannot decrease the failed counter",
            "status.succeeded: Invalid value: 0: cannot decrease the succeeded counter"),
        Refusal(
            #"{"status":{"conditions":[{"type":"Complete","status":"True"}]}}"#, from: running,
            "status.completionTime: Required value: completionTime is required for Complete jobs",
            "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
            "status.active: Invalid value: 1: active>0 is invalid for finished job"),
        Refusal(
            #"{"status":{"conditions":[{"type":"Failed","status":"True"}],"terminating":1}}"#,
            "status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition",
            "status.startTime: Required value: startTime is required for finished job",
            "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job"),
        Refusal(
            #"{"status":{"conditions":[],"startTime":null}}"#,
            from: #"{"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"FailureTarget","status":"True"}]}}"#,
            "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition",
            "status.startTime: Required value: startTime cannot be removed for unsuspended job"),
        Refusal(
            #"{"status":{"startTime":"2026-01-01T01:00:00Z","conditions":[{"type":"Suspended","status":"False"}]}}"#,
            from: #"{"status":{"startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Suspended","status":"True"}]}}"#),
        Refusal(
            #"{"status":{"startTime":"2026-01-01T01:00:00Z"}}"#, from: running,
            "status.startTime: Required value: startTime cannot be removed for unsuspended job"),
        Refusal(
            #"{"status":{"completionTime":"2026-01-01T01:00:00Z"}}"#,
            from:
                #"{"status":{"startTime":"2026-01-01T00:00:00Z","completionTime":"2026-01-01T02:00:00Z","conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]}}"#,
            #"status.completionTime: Invalid value: "2026-01-01T01:00:00Z": completionTime cannot be mutated"#),
        Refusal(
            #"{"status":{"completionTime":"2025-01-01T00:00:00Z"}}"#, from: running,
            #"status.completionTime: Invalid value: "2025-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True condition"#,
            #"status.completionTime: Invalid value: "2025-01-01T00:00:00Z": must be equal to or after `startTime`"#),
        Refusal(
            #"{"status":{"completedIndexes":"0","uncountedTerminatedPods":{"succeeded":["a",""],"failed":["a"]}}}"#,
            #"status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty"#,
            #"status.uncountedTerminatedPods.failed[0]: Duplicate value: "a""#,
            #"status.completedIndexes: Invalid value: "0": error parsing completedIndexes: too large index: "0""#,
            #"status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode"#),
        Refusal(
            #"{"status":{"completedIndexes":"0-1","failedIndexes":"1,2"}}"#,
            from: #"{"spec":{"completionMode":"Indexed","completions":3,"backoffLimitPerIndex":1}}"#,
            #"status.failedIndexes: Invalid value: "1,2": failedIndexes and completedIndexes overlap at index: 1"#),
    ])
    func `a status that contradicts itself or what it was is refused`(row: Refusal) throws {
        // Without completions no index is too large.
        let stored = row.patch.contains(#""0","uncounted"#) ? #"{"spec":{"completions":0}}"# : row.stored
        #expect(try jobs().changed(row.patch, from: stored, subresource: "status") == row.messages)
    }

    @Test func `what a status had wrong before it may keep`() throws {
        let stored = #"{"status":{"conditions":[{"type":"Complete","status":"True"}]}}"#
        #expect(try jobs().changed(#"{"status":{"ready":0}}"#, from: stored, subresource: "status") == [])
    }
}

@Suite struct CronJobRulesTests {
    private func cronJobs() throws -> KindUnderTest {
        try KindUnderTest(
            "batch", "v1", "cronjobs",
            sound: """
                {"metadata":{"name":"x"},"spec":{"schedule":"* * * * *","jobTemplate":
                 {"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}}}
                """)
    }

    @Test(arguments: [
        Refusal(
            #"{"metadata":{"name":"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"},"spec":{"schedule":"","timeZone":"local","concurrencyPolicy":"X","startingDeadlineSeconds":-1,"failedJobsHistoryLimit":-1}}"#,
            "spec.schedule: Required value", "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
            #"spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"#,
            #"spec.timeZone: Invalid value: "local": unknown time zone local"#,
            #"spec.concurrencyPolicy: Unsupported value: "X": supported values: "Allow", "Forbid", "Replace""#,
            "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
            #"metadata.name: Invalid value: "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn": must be no more than 52 characters"#),
        Refusal(
            #"{"spec":{"schedule":"TZ=Nowhere/X * * * *"}}"#,
            #"spec.schedule: Invalid value: "TZ=Nowhere/X * * * *": provided bad location Nowhere/X: unknown time zone Nowhere/X"#,
            #"spec.schedule: Invalid value: "TZ=Nowhere/X * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#),
        Refusal(
            #"{"spec":{"timeZone":"Europe/../UTC"}}"#, #"spec.timeZone: Invalid value: "Europe/../UTC": unknown time zone Europe/../UTC"#),
        Refusal(#"{"spec":{"timeZone":"zone.tab"}}"#, #"spec.timeZone: Invalid value: "zone.tab": unknown time zone zone.tab"#),
        Refusal(
            #"{"spec":{"schedule":"TZ=UTC"}}"#,
            #"spec.schedule: Invalid value: "TZ=UTC": invalid schedule format: runtime error: slice bounds out of range [:-1]"#,
            #"spec.schedule: Invalid value: "TZ=UTC": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"#),
        Refusal(
            #"{"spec":{"jobTemplate":{"spec":{"selector":{"matchLabels":{"a":"b"}},"manualSelector":true}}}}"#,
            #"spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated"#,
            #"spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false""#),
    ])
    func `what is wrong with a cron job is told in Kubernetes' order`(row: Refusal) throws {
        #expect(try cronJobs().created(row.patch) == row.messages)
    }

    @Test func `one that named its zone in its schedule may go on, but not with the field as well`() throws {
        let stored = #"{"spec":{"schedule":"CRON_TZ=UTC * * * * *"}}"#
        #expect(try cronJobs().changed(#"{"spec":{"suspend":true}}"#, from: stored) == [])
        #expect(
            try cronJobs().changed(#"{"spec":{"timeZone":"UTC"}}"#, from: stored) == [
                #"spec.schedule: Invalid value: "CRON_TZ=UTC * * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule"#
            ])
    }

    @Test func `a zone that was known once is not looked up again`() throws {
        #expect(try cronJobs().changed(#"{"spec":{"suspend":true}}"#, from: #"{"spec":{"timeZone":"Gone/Zone"}}"#) == [])
    }
}
