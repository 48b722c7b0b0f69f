import ClusterClient
import ClusterObjects
import Testing

@testable import ClusterControllers

struct JobTests {
    private let tracking = ["batch.kubernetes.io/job-tracking"]

    private func decide(_ job: APIObject, _ pods: [APIObject], after seconds: Double = 0) -> Decision {
        let cluster = Table(contents: [.jobs: [job], .pods: pods])
        return JobController().reconcile(Reconciliation(key: job.key, cluster: cluster, now: Make.start + seconds))
    }

    @Test func `pods are made up to parallelism`() {
        let job = Make.owner("Job", spec: ["completions": 5, "parallelism": 2])
        #expect(decide(job, []).changes == ["create w-", "create w-"])
        #expect(decide(job, []).status?["active"] == nil || decide(job, []).status?["active"] == 2)
    }

    @Test func `a succeeded pod is named before it is let go, and counted after`() {
        let job = Make.owner("Job", spec: ["completions": 1, "parallelism": 1])
        let pod = Make.pod("w-1", of: job, "Job", finalizers: tracking, phase: "Succeeded", ready: false)
        let first = decide(job, [pod])
        #expect(first.changes == [])
        #expect(first.status?[path: "uncountedTerminatedPods", "succeeded"] == ["uid-w-1"])
        #expect(first.status?["succeeded"] == nil)

        let named = Make.owner("Job", spec: ["completions": 1, "parallelism": 1], status: first.status ?? .null)
        let second = decide(named, [pod])
        #expect(second.changes == ["patch w-1"])
        #expect(second.status?["succeeded"] == 1)
        #expect(second.status?["uncountedTerminatedPods"] == .emptyObject)
        #expect(second.status?["conditions"]?.array?.map { $0["type"]?.string } == ["SuccessCriteriaMet", "Complete"])
    }

    @Test func `more failures than the limit end the job and its running pods`() {
        let job = Make.owner("Job", spec: ["completions": 2, "parallelism": 2, "backoffLimit": 0])
        let pods = [
            Make.pod("w-1", of: job, "Job", finalizers: tracking, phase: "Failed", ready: false),
            Make.pod("w-2", of: job, "Job", finalizers: tracking),
        ]
        let decision = decide(job, pods)
        #expect(decision.changes == ["delete w-2"])
        #expect(decision.status?["conditions"]?.array?.first?["reason"] == "BackoffLimitExceeded")
    }

    @Test func `after a failure the next pod waits ten seconds`() {
        let job = Make.owner("Job", spec: ["completions": 1, "parallelism": 1])
        let pod = Make.pod("w-1", of: job, "Job", phase: "Failed", ready: false)
        #expect(decide(job, [pod], after: 3).changes == [])
        #expect(decide(job, [pod], after: 11).changes == ["create w-"])
    }

    @Test func `an indexed job makes what indexes are missing`() {
        let job = Make.owner(
            "Job", spec: ["completions": 6, "parallelism": 6, "completionMode": "Indexed"], status: ["completedIndexes": "0-2,4"])
        let pod = Make.pod(
            "w-3-x", of: job, "Job", annotations: ["batch.kubernetes.io/job-completion-index": "3"], finalizers: tracking)
        #expect(decide(job, [pod]).changes == ["create w-5-"])
    }

    @Test func `pods that are stopped because enough others succeeded have not failed`() throws {
        let spec: Value = [
            "completions": 2, "parallelism": 2, "completionMode": "Indexed", "successPolicy": ["rules": [["succeededIndexes": "0"]]],
        ]
        let job = Make.owner("Job", spec: spec)
        func pod(_ index: Int, _ phase: String) -> APIObject {
            Make.pod(
                "w-\(index)", of: job, "Job", annotations: ["batch.kubernetes.io/job-completion-index": "\(index)"], finalizers: tracking,
                phase: phase, ready: phase == "Running")
        }
        let first = decide(job, [pod(0, "Succeeded"), pod(1, "Running")])
        #expect(first.changes == ["delete w-1"])
        #expect(first.status?["conditions"]?.array?.map { $0["type"]?.string } == ["SuccessCriteriaMet"])

        var stopped = pod(1, "Failed").draft
        stopped[path: "metadata", "deletionTimestamp"] = Value(Make.start.description)
        let second = decide(Make.owner("Job", spec: spec, status: try #require(first.status)), [pod(0, "Succeeded"), APIObject(stopped)])
        #expect(second.changes.sorted() == ["patch w-0", "patch w-1"])
        #expect(second.status?["failed"] == nil)
        #expect(second.status?[path: "uncountedTerminatedPods", "failed"] == nil)
        #expect(second.status?["succeeded"] == 1)
    }

    @Test(arguments: ["", "0", "0,1", "0-2", "0-2,5,7-9", "1,3,5,7"])
    func `completed indexes are written as they are read`(_ text: String) {
        #expect(CompletionIndexes(text, below: 100).description == text)
    }
}
