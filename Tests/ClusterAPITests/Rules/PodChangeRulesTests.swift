import Testing

@Suite struct PodUpdateRulesTests {
    private static let gated = #"{"spec":{"schedulingGates":[{"name":"g"}],"nodeSelector":{"a":"b"},"affinity":\#(affinity("a"))}}"#

    private static func affinity(_ keys: String...) -> String {
        let list = keys.map { #"{"key":"\#($0)","operator":"Exists"}"# }.joined(separator: ",")
        return
            #"{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[\#(list)]}]}}}"#
    }

    @Test(arguments: [
        Refusal(#"{"spec":{"containers":[{"name":"c","image":"i:2"}],"activeDeadlineSeconds":9}}"#, from: "{}"),
        Refusal(#"{"spec":{"tolerations":[{"key":"a","operator":"Exists"}]}}"#, from: "{}"),
        Refusal(
            #"{"spec":{"schedulingGates":[],"nodeSelector":{"a":"b","c":"d"},"affinity":\#(affinity("a", "b"))}}"#, from: gated),
        Refusal(
            #"{"spec":{"containers":[{"name":"c","image":" i"},{"name":"d","image":"i"}]}}"#, from: "{}",
            #"spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace"#,
            "spec.containers: Forbidden: pod updates may not add or remove containers"),
        Refusal(
            #"{"spec":{"activeDeadlineSeconds":10}}"#, from: #"{"spec":{"activeDeadlineSeconds":9}}"#,
            "spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous value"),
        Refusal(
            #"{"spec":{"tolerations":[]}}"#, from: #"{"spec":{"tolerations":[{"key":"a","operator":"Exists"}]}}"#,
            "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"),
        Refusal(
            #"{"spec":{"schedulingGates":[{"name":"h"}]}}"#, from: gated,
            "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"),
        Refusal(
            #"{"spec":{"nodeSelector":{"a":"c"}}}"#, from: gated,
            #"spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)"#),
        Refusal(
            #"{"metadata":{"annotations":{"kubernetes.io/config.mirror":"m"}}}"#, from: #"{"spec":{"nodeName":"n"}}"#,
            "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation"),
    ])
    func `a pod may change in a few ways only`(row: Refusal) throws {
        #expect(try pods().changed(row.patch, from: row.stored) == row.messages)
    }

    @Test func `a gated pod's terms may not be replaced`() throws {
        let messages = try pods().changed(#"{"spec":{"affinity":\#(Self.affinity("b"))}}"#, from: Self.gated)
        #expect(messages.count == 1)
        #expect(messages.first?.hasSuffix("only additions are allowed (no mutations or deletions)") == true)
    }

    @Test func `any other change is refused and shown`() throws {
        let messages = try pods().changed(#"{"spec":{"hostname":"h"}}"#)
        #expect(messages.count == 1)
        #expect(
            messages.first?.hasPrefix("spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`") == true)
        #expect(messages.first?.contains(#"+ "Hostname": "h""#) == true)
    }

    private static let sized = container(#""resources":{"requests":{"cpu":"1","memory":"1Gi"}}"#)

    @Test(arguments: [
        Refusal(container(#""resources":{"requests":{"cpu":"2","memory":"512Mi"},"limits":{"cpu":"3"}}"#), from: sized),
        Refusal(
            container(#""resources":{"requests":{"cpu":"1"}}"#), from: sized,
            "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"),
        Refusal(
            container(#""resources":{"requests":{"cpu":"1","memory":"1Gi","ephemeral-storage":"1Gi"}}"#), from: sized,
            "spec: Forbidden: only cpu and memory resources are mutable"),
        Refusal(
            container(#""resources":{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1","memory":"1Gi"}}"#), from: sized,
            #"spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing"#),
        Refusal(
            #"{"spec":{"containers":[{"name":"d","image":"i:1"}]}}"#, from: "{}",
            "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize"),
        Refusal(
            #"{"spec":{"containers":[{"name":"c","image":"i:1"},{"name":"d","image":"i:1"}]}}"#, from: "{}",
            "spec.containers: Forbidden: containers may not be added or removed on resize"),
    ])
    func `a resize changes processors and memory, within the pod's quality of service`(row: Refusal) throws {
        let stored = row.stored == "{}" ? row.stored : String(row.stored.dropLast()) + #","status":{"qosClass":"Burstable"}}"#
        #expect(try pods().changed(row.patch, from: stored, subresource: "resize") == row.messages)
    }
}

@Suite struct PodStatusRulesTests {
    private static func state(_ state: String) -> String { #""containerStatuses":[{"name":"c","state":{\#(state)}}]"# }

    private static func ended(_ code: Int, _ fields: String) -> String {
        let containers = #"[{"name":"c","image":"i:1",\#(fields)}]"#
        return
            #"{"spec":{"restartPolicy":"Never","containers":\#(containers)},"status":{\#(state(#""terminated":{"exitCode":\#(code)}"#))}}"#
    }

    private static let running = #"{"status":{\#(state(#""running":{}"#))}}"#
    private static let stays = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
    private static let rule =
        #""restartPolicy":"Never","restartPolicyRules":[{"action":"Restart","exitCodes":{"operator":"In","values":[3]}}]"#

    @Test(arguments: [
        Refusal(running, from: ended(1, #""tty":false"#), stays),
        Refusal(running, from: ended(3, rule)),
        Refusal(running, from: ended(4, rule), stays),
        Refusal(running, from: ended(1, #""restartPolicy":"OnFailure""#)),
        Refusal(running, from: ended(0, #""restartPolicy":"OnFailure""#), stays),
        Refusal(
            #"{"status":{"qosClass":"Guaranteed","nominatedNodeName":"n"}}"#, from: #"{"spec":{"nodeName":"m"}}"#,
            "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
            #"status.qosClass: Invalid value: "Guaranteed": field is immutable"#),
        Refusal(
            #"{"status":{"podIPs":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}],"hostIP":"10.0.0.3","hostIPs":[{"ip":"10.0.0.4"}]}}"#, from: "{}",
            #"status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family"#,
            #"status.hostIPs[0].ip: Invalid value: "10.0.0.4": must be equal to `hostIP`"#),
        Refusal(
            #"{"status":{"resourceClaimStatuses":[{"name":"a"}]}}"#, from: "{}",
            #"status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`"#),
        Refusal(#"{"status":{"qosClass":null,"phase":"Running","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}]}}"#, from: "{}"),
    ])
    func `a status does not undo what is final, nor contradict itself`(row: Refusal) throws {
        #expect(try pods().changed(row.patch, from: row.stored, subresource: "status") == row.messages)
    }
}
