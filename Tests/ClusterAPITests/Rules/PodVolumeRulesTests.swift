import Testing

@Suite struct PodVolumeRulesTests {
    @Test(arguments: [
        // Of no kind it is an empty folder.
        Refusal(#"{"spec":{"volumes":[{"name":"v"}]}}"#),
        Refusal(
            volume(#""emptyDir":{},"cephfs":{}"#), "spec.volumes[0].cephFS: Forbidden: may not specify more than 1 volume type"),
        Refusal(
            volume(#""hostPath":{"path":"/a/../b","type":"Odd"}"#),
            #"spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'"#,
            #"spec.volumes[0].hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", "CharDevice", "Directory", "#
                + #""DirectoryOrCreate", "File", "FileOrCreate", "Socket""#),
        Refusal(
            volume(#""secret":{"secretName":"s","defaultMode":512,"items":[{"key":"k","path":"..x"}]}"#),
            "spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
            #"spec.volumes[0].secret.items[0].path: Invalid value: "..x": must not start with '..'"#),
        Refusal(
            volume(#""nfs":{"server":"h","path":"a"}"#), #"spec.volumes[0].nfs.path: Invalid value: "a": must be an absolute path"#),
        Refusal(
            volume(#""fc":{}"#),
            "spec.volumes[0].fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"),
        Refusal(
            volume(#""gcePersistentDisk":{}"#), "spec.volumes[0].persistentDisk.pdName: Required value"),
        Refusal(
            volume(
                #""ephemeral":{"volumeClaimTemplate":{"metadata":{"name":"n"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}"#
            ),
            "spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set"),
        Refusal(
            #"{"spec":{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"x-w"}},{"name":"w","ephemeral":{"volumeClaimTemplate":{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}}}]}}"#,
            #"spec.volumes[0].persistentVolumeClaim.claimName: Invalid value: "x-w": must not reference a PVC that gets created for an "#
                + "ephemeral volume"),
        Refusal(volume(#""image":{"pullPolicy":"Always"}"#), "spec.volumes[0].image.reference: Required value"),
    ])
    func `a volume is of one kind, and sound`(row: Refusal) throws {
        #expect(try pods().created(row.patch) == row.messages)
    }

    @Test(arguments: [
        Refusal(
            #"{"serviceAccountToken":{"path":"t","expirationSeconds":60}}"#,
            "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration "
                + "less than 10 minutes"),
        Refusal(
            #"{"configMap":{"name":"a","items":[{"key":"k","path":"p"}]}},{"configMap":{"name":"b","items":[{"key":"k","path":"p"}]}}"#,
            #"spec.volumes[0].projected: Invalid value: "b": conflicting duplicate paths"#),
        Refusal(
            #"{"secret":{"name":"a"},"configMap":{"name":"b"}}"#,
            "spec.volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"),
        Refusal(
            #"{"clusterTrustBundle":{"path":"p"}}"#,
            "spec.volumes[0].projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified"),
        Refusal(
            #"{"podCertificate":{"signerName":"example.com/s","keyType":"DSA","maxExpirationSeconds":60,"keyPath":"k"}}"#,
            #"spec.volumes[0].projected.sources[0].podCertificate.keyType: Unsupported value: "DSA": supported values: "RSA3072", "#
                + #""RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519""#,
            "spec.volumes[0].projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 60: if provided, "
                + "maxExpirationSeconds must be >= 3600"),
        Refusal(
            #"{"downwardAPI":{"items":[{"path":"p","fieldRef":{"fieldPath":"spec.nodeName"}}]}}"#,
            #"spec.volumes[0].projected.sources[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "#
                + #""metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid""#),
    ])
    func `sources that are projected to one volume have places of their own`(row: Refusal) throws {
        #expect(try pods().created(volume(#""projected":{"sources":[\#(row.patch)]}"#)) == row.messages)
    }

    @Test(arguments: [
        #""hostPath":{"path":"/","type":"Directory"}"#, #""nfs":{"server":"h","path":"/a"}"#, #""configMap":{"name":"c","optional":true}"#,
        #""projected":{"sources":[{"serviceAccountToken":{"path":"a/t"}},{"secret":{"name":"s"}}]}"#,
        #""iscsi":{"targetPortal":"h:1","iqn":"iqn.2001-04.com.example:storage.1","lun":0}"#,
        #""image":{"reference":"i:1","pullPolicy":"Always"}"#,
        #""downwardAPI":{"items":[{"path":"l","fieldRef":{"fieldPath":"metadata.labels['a/b']"}}]}"#,
        #""csi":{"driver":"d.example.com","nodePublishSecretRef":{"name":"s"}}"#,
    ])
    func `sound volumes are taken`(source: String) throws { #expect(try pods().created(volume(source)) == []) }
}
