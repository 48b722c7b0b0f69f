import Testing

@Suite struct StorageRulesTests {
    private func volumes() throws -> KindUnderTest {
        try KindUnderTest(
            "", "v1", "persistentvolumes",
            sound: """
                {"metadata":{"name":"x"},"spec":{"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},
                 "csi":{"driver":"d.example.com","volumeHandle":"h"}}}
                """)
    }

    @Test(arguments: [
        Refusal(
            #"{"spec":{"csi":{"controllerExpandSecretRef":{"name":"s"}}}}"#,
            "spec.csi.controllerExpandSecretRef.namespace: Required value"),
        Refusal(
            #"{"spec":{"csi":null,"hostPath":{"path":"/a/.."},"nfs":{"server":"s","path":"/p"},"volumeAttributesClassName":""}}"#,
            #"spec.hostPath.path: Invalid value: "/a/..": must not contain '..'"#,
            "spec.nfs: Forbidden: may not specify more than 1 volume type",
            "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
            "spec.csi: Required value: has to be specified when using volumeAttributesClassName"),
        Refusal(
            #"{"spec":{"csi":null,"iscsi":{"targetPortal":"h:1","iqn":"x","lun":0}}}"#,
            #"spec.iscsi.iqn: Invalid value: "x": must be valid format"#),
        Refusal(
            #"{"spec":{"csi":null,"local":{"path":"/d"}}}"#, "spec.nodeAffinity: Required value: Local volume requires node affinity"),
        Refusal(#"{"spec":{"csi":null,"hostPath":{"path":"/a"}}}"#),
    ])
    func `a volume is of one kind, with what that needs`(row: Refusal) throws {
        #expect(try volumes().created(row.patch) == row.messages)
    }

    @Test func `of where a volume is only the secret to grow it may be added`() throws {
        #expect(try volumes().changed(#"{"spec":{"csi":{"controllerExpandSecretRef":{"name":"s","namespace":"n"}}}}"#) == [])
        let messages = try volumes().changed(#"{"spec":{"csi":{"volumeHandle":"i"}}}"#)
        #expect(messages.count == 1)
        #expect(
            messages.first?.hasPrefix(
                "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n") == true)
    }

    private func claims() throws -> KindUnderTest {
        try KindUnderTest(
            "", "v1", "persistentvolumeclaims",
            sound: """
                {"metadata":{"name":"x"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"2Gi"}}}}
                """)
    }

    private static let bound =
        #"{"spec":{"volumeName":"v","storageClassName":"s"},"status":{"phase":"Bound","capacity":{"storage":"1Gi"},"currentVolumeAttributesClassName":"a"}}"#

    @Test(arguments: [
        Refusal(#"{"spec":{"volumeName":"v","storageClassName":"s"}}"#, from: "{}"),
        Refusal(#"{"spec":{"resources":{"requests":{"storage":"3Gi"}},"volumeAttributesClassName":"b"}}"#, from: bound),
        Refusal(
            #"{"spec":{"resources":{"requests":{"storage":"1Gi"}},"volumeAttributesClassName":""}}"#, from: bound,
            "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
            "spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when "
                + "status.currentVolumeAttributesClassName is not nil"),
        Refusal(
            #"{"metadata":{"annotations":{"volume.beta.kubernetes.io/storage-class":"t"}}}"#, from: bound,
            #"metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "t": field is immutable"#),
        Refusal(
            #"{"metadata":{"annotations":{"volume.beta.kubernetes.io/storage-class":"t"}},"spec":{"storageClassName":"t"}}"#,
            from: #"{"metadata":{"annotations":{"volume.beta.kubernetes.io/storage-class":"t"}}}"#),
    ])
    func `a bound claim grows, and changes its attributes`(row: Refusal) throws {
        #expect(try claims().changed(row.patch, from: row.stored) == row.messages)
    }

    @Test(arguments: [
        #"{"spec":{"resources":{"requests":{"storage":"3Gi"}}}}"#, #"{"spec":{"volumeAttributesClassName":"b"}}"#,
    ])
    func `one that is not bound does not`(patch: String) throws {
        let messages = try claims().changed(patch)
        #expect(messages.count == 1)
        #expect(
            messages.first?.hasPrefix(
                "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
                    + "claims\n") == true)
    }

    private func attributes() throws -> KindUnderTest {
        try KindUnderTest(
            "storage.k8s.io", "v1", "volumeattributesclasses",
            sound: #"{"metadata":{"name":"x"},"driverName":"d.example.com","parameters":{"iops":"100"}}"#)
    }

    @Test(arguments: [
        Refusal("{}"),
        Refusal(#"{"driverName":"D.Example.com"}"#),
        Refusal(#"{"driverName":""}"#, "driverName: Required value"),
        Refusal(
            #"{"driverName":null,"parameters":{"iops":null}}"#, "driverName: Required value",
            "parameters: Required value: must contain at least one key/value pair"),
        Refusal(#"{"parameters":null}"#, "parameters: Required value: must contain at least one key/value pair"),
        Refusal(#"{"parameters":{"":"v"}}"#, #"parameters: Invalid value: "": field can not be empty."#),
    ])
    func `a class of attributes names a driver and tells it something`(row: Refusal) throws {
        #expect(try attributes().created(row.patch) == row.messages)
    }

    @Test(arguments: [
        Refusal(#"{"metadata":{"labels":{"a":"b"}}}"#),
        Refusal(#"{"driverName":"e.example.com"}"#, "driverName: Forbidden: updates to driverName are forbidden."),
        Refusal(#"{"parameters":{"iops":"200"}}"#, "parameters: Forbidden: updates to parameters are forbidden."),
        Refusal(
            #"{"driverName":"","parameters":null}"#, "driverName: Forbidden: updates to driverName are forbidden.",
            "parameters: Forbidden: updates to parameters are forbidden.", "driverName: Required value",
            "parameters: Required value: must contain at least one key/value pair"),
    ])
    func `what a class of attributes says stays`(row: Refusal) throws {
        #expect(try attributes().changed(row.patch) == row.messages)
    }

    /// One key too many; as many as may be, which together are too long.
    @Test(arguments: [(513, 1, 512), (512, 512, 262_144)])
    func `parameters of a class are bounded`(keys: Int, length: Int, most: Int) throws {
        let text = String(repeating: "v", count: length)
        let parameters = (0..<keys).map { "\"k\($0)\":\"\(text)\"" }.joined(separator: ",")
        let messages = ["parameters: Too long: may not be more than \(most) bytes"]
        #expect(try attributes().created(#"{"parameters":{"iops":null,\#(parameters)}}"#) == messages)
        let classes = try KindUnderTest(
            "storage.k8s.io", "v1", "storageclasses", sound: #"{"metadata":{"name":"x"},"provisioner":"d.example.com"}"#)
        #expect(try classes.created(#"{"parameters":{"iops":null,\#(parameters)}}"#) == messages)
    }
}
