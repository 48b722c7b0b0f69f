import Testing

@Suite struct ServiceRulesTests {
    private func services() throws -> KindUnderTest {
        try KindUnderTest(
            "", "v1", "services",
            sound: """
                {"metadata":{"name":"x"},"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],
                 "ipFamilyPolicy":"SingleStack","ports":[{"port":80}]}}
                """)
    }

    @Test(arguments: [
        Refusal(#"{"spec":{"type":"LoadBalancer","ports":[{"port":10250}]}}"#),
        Refusal(
            #"{"metadata":{"annotations":{"service.kubernetes.io/topology-mode":"Auto","service.kubernetes.io/topology-aware-hints":"Off"}}}"#,
            #"metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Auto": must match "#
                + "annotations[service.kubernetes.io/topology-aware-hints] when both are specified"),
        Refusal(
            #"{"metadata":{"annotations":{"service.beta.kubernetes.io/load-balancer-source-ranges":"10.0.0.0/8, x"}}}"#,
            "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is "
                + "'LoadBalancer'",
            #"metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR "#
                + "value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
        Refusal(
            #"{"spec":{"loadBalancerClass":"a"}}"#,
            "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"),
        Refusal(
            #"{"spec":{"externalTrafficPolicy":"Local","healthCheckNodePort":30000}}"#,
            #"spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services"#,
            "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` "
                + "is 'Local'"),
    ])
    func `what is not for a service of its type is refused`(row: Refusal) throws {
        #expect(try services().created(row.patch) == row.messages)
    }

    private static let both =
        #"{"spec":{"clusterIPs":["10.0.0.1","fd00::1"],"ipFamilies":["IPv4","IPv6"],"ipFamilyPolicy":"PreferDualStack"}}"#

    @Test(arguments: [
        Refusal(both, from: "{}"),
        Refusal(#"{"spec":{"clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack"}}"#, from: both),
        Refusal(
            #"{"spec":{"clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"]}}"#, from: both,
            #"spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP"#,
            #"spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily"#),
        Refusal(
            #"{"spec":{"clusterIP":"fd00::2","clusterIPs":["fd00::2"],"ipFamilies":["IPv6"]}}"#, from: "{}",
            #"spec.clusterIPs[0]: Invalid value: ["fd00::2"]: may not change once set"#,
            #"spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set"#),
        Refusal(
            #"{"spec":{"loadBalancerClass":"b"}}"#,
            from:
                #"{"spec":{"type":"LoadBalancer","loadBalancerClass":"a","externalTrafficPolicy":"Cluster","allocateLoadBalancerNodePorts":true}}"#,
            #"spec.loadBalancerClass: Invalid value: "b": may not change once set"#),
        Refusal(#"{"spec":{"type":"ExternalName","externalName":"a.example"}}"#, from: "{}"),
    ])
    func `addresses and families stay, a second one comes and goes`(row: Refusal) throws {
        #expect(try services().changed(row.patch, from: row.stored) == row.messages)
    }
}
