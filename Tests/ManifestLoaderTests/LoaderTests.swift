import ClusterAPI
import ClusterObjects
import ManifestLoader
import Testing

private func load(_ files: [String: String], ignore: String = "") -> LoadResult {
    ManifestLoader.load(
        files: files.sorted { $0.key < $1.key }.map { ManifestFile(path: $0.key, id: $0.value, bytes: Array($0.value.utf8)) },
        ignore: ignore, registry: .builtIn(withSync: true))
}

private func problems(_ text: String, file: String = "a.yaml") -> [String] { load([file: text]).problems.map(\.description) }

private let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"

@Suite struct `Manifests become objects` {
    @Test func `objects come in the order they are applied: definitions, namespaces, the rest`() {
        let result = load([
            "a.yaml": map, "b.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            "c.yaml": """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {kind: Thing, plural: things}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
            ---
            apiVersion: example.com/v1
            kind: Thing
            metadata: {name: one}
            """,
        ])
        #expect(result.problems == [])
        #expect(
            result.objects.map(\.id.description) == [
                "CustomResourceDefinition things.example.com", "Namespace shop", "ConfigMap default/settings", "Thing default/one",
            ])
        #expect(result.objects.last?.resource == GroupVersionResource("example.com", "v1", "things"))
    }

    @Test func `a manifest is looked at again when the kinds it may be of have changed`() {
        let thing = ManifestFile(
            path: "t.yaml", id: "1", bytes: Array("apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n".utf8))
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.com}
            spec:
              group: example.com
              scope: Cluster
              names: {kind: Thing, plural: things}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
            """
        var loader = ManifestLoader(registry: .builtIn(withSync: true))
        loader.update(thing)
        #expect(loader.result().problems.map(\.file) == ["t.yaml"])
        loader.update(ManifestFile(path: "d.yaml", id: "2", bytes: Array(definition.utf8)))
        #expect(loader.result().problems == [])
        #expect(loader.result().objects.map(\.isNamespaced) == [false, false])
        loader.update(
            ManifestFile(path: "d.yaml", id: "3", bytes: Array(definition.replacing("scope: Cluster", with: "scope: Namespaced").utf8)))
        #expect(loader.result().objects.map(\.isNamespaced) == [false, true])
        loader.remove("d.yaml")
        #expect(loader.result().problems.map(\.file) == ["t.yaml"])
    }

    @Test func `a List stands for its items, each at its own line`() throws {
        let result = load([
            "l.yaml": """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: a}
            - apiVersion: v1
              kind: ConfigMap
              metadata: {name: b}
              data: {k: v}
            """
        ])
        #expect(result.objects.map(\.name) == ["a", "b"])
        let second = try #require(result.objects.last)
        #expect(second.line == 7)
        #expect(second.location(of: [.field("data"), .field("k")]) == SourcePosition(line: 10, column: 10))
    }

    @Test func `every field knows its line, also where the namespace was filled in`() throws {
        let object = try #require(load(["a.yaml": map + "data:\n  color: blue\n"]).objects.first)
        #expect(object.location(of: [.field("data"), .field("color")]).line == 6)
        #expect(object.value[path: "metadata", "namespace"] == "default")
    }

    @Test func `anchors and merge keys are expanded`() throws {
        let object = try #require(
            load([
                "a.yaml": map + "data: &d {a: x, b: y}\nbinaryData: {}\n---\n" + map.replacing("settings", with: "two")
                    + "data:\n  base: &b z\n  copy: *b\n"
            ]).objects.last)
        #expect(object.value["data"] == ["base": "z", "copy": "z"])
        let merged = try YAML.parse("base: &base {a: 1, b: 2}\nmine:\n  <<: *base\n  b: 3\n")
        #expect(merged.first?["mine"] == ["a": 1, "b": 3])
    }

    @Test func `JSON is read as it is`() throws {
        let result = load(["a.json": #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"j"},"data":{"a":"1"}}"#])
        #expect(result.objects.first?.value["data"] == ["a": "1"])
    }

    @Test func `folders with a dot and what the ignore file names are not read`() {
        #expect(!ManifestLoader.isManifest(".github/workflows/ci.yaml"))
        #expect(!ManifestLoader.isManifest("README.md"))
        #expect(ManifestLoader.isManifest("apps/.hidden.yaml"))
        let files = ["docker-compose.yml": "services: {}\n", "charts/x/values.yaml": "a: 1\n", "a.yaml": map]
        #expect(load(files).problems.count == 2)
        for rules in ["# not ours\ndocker-compose.yml\ncharts/\n", "\u{FEFF}docker-compose.yml\r\ncharts/\r\n"] {
            let result = load(files, ignore: rules)
            #expect(result.problems == [])
            #expect(result.objects.count == 1)
        }
    }

    @Test(arguments: [
        ("*.yml", "a/b.yml", true), ("/a.yaml", "x/a.yaml", false), ("/a.yaml", "a.yaml", true), ("**/test/*.yaml", "a/test/b.yaml", true),
        ("values*", "charts/values-prod.yaml", true), ("a/", "a.yaml", false), ("*\n!keep.yaml", "keep.yaml", false),
        ("a?.yaml", "ab.yaml", true), ("[a-c]*.yaml", "b.yaml", true), ("[!a-c]*.yaml", "b.yaml", false), ("x[]-]y", "x-y", true),
        ("x[yz.yaml", "x[yz.yaml", true), ("\\*.yaml", "a.yaml", false), ("\\*.yaml", "*.yaml", true),
    ])
    func `ignore rules are gitignore's`(rules: String, path: String, ignored: Bool) {
        #expect(IgnoreRules(rules).ignores(path) == ignored)
    }
}

@Suite struct `Bad manifests say where and what` {
    @Test func `an unknown field names the nearest one`() {
        let found = problems(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replica: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers: [{name: web, image: host/sh}]
            """)
        #expect(found == ["a.yaml:5:3: Deployment default/web: spec.replica: unknown field: did you mean replicas?"])
    }

    @Test func `a wrong type says what would be right`() {
        #expect(
            problems(map + "data: {port: 80}\n") == [
                "a.yaml:5:8: ConfigMap default/settings: data.port: must be text, and this reads as a number: quote it"
            ])
    }

    @Test func `an unknown kind, a missing name, no kind`() {
        #expect(
            problems(map.replacing("ConfigMap", with: "ConfigMaps"))[0].contains(
                "the cluster knows no kind ConfigMaps in v1: did you mean ConfigMap?"))
        #expect(problems("apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n")[0].contains("Deployment is in apps/v1"))
        #expect(problems("apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n")[0].contains("an object needs a name"))
        #expect(problems("a: 1\n")[0].contains(".skiffignore"))
    }

    @Test(arguments: [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32\nsize 12345\n",
            "a.yaml:1:1: a pointer of Git LFS, whose content is not in git: take manifests out of LFS (git lfs untrack)"
        ),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\n",
            "a.yaml:2:1: kind: the cluster knows no kind Kustomization in kustomize.config.k8s.io/v1beta1: commit what kubectl kustomize "
                + "prints, and name this file in .skiffignore"
        ),
    ])
    func `what another program makes manifests of is known for that`(text: String, problem: String) {
        #expect(problems(text) == [problem])
    }

    @Test func `a template is known for one by its first error, which is still told`() {
        let found = problems("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-web\n  {{- include \"x\" . }}\n")
        #expect(found.first?.hasPrefix("a.yaml:4:") == true)
        #expect(found.first?.hasSuffix(" (this looks like a template: commit what it makes, and name it in .skiffignore)") == true)
        #expect(found.dropFirst().allSatisfy { !$0.contains("template") })
    }

    @Test func `the same object in two files is told at the second`() {
        let result = load(["a.yaml": map, "b.yaml": "\n" + map])
        #expect(
            result.problems.map(\.description) == [
                "b.yaml:2:1: ConfigMap default/settings: the same object is in a.yaml:1 too: keep one of the two"
            ])
    }

    @Test func `every error of a commit is told at once`() {
        let result = load(["a.yaml": "a: [\n---\n" + map + "data: {x: 1}\n", "b.yaml": "kind: X\n"])
        #expect(Set(result.problems.map(\.file)) == ["a.yaml", "b.yaml"])
        #expect(result.problems.count == 3)
    }

    @Test(
        arguments: [
            ("a:\n\tb: 1\n", 2, "tab"), ("a: 1\na: 2\n", 2, "a"), ("a: *nobody\n", 1, "nobody"), ("a: 'x\n", 1, ""), ("a: {b: 1\n", 1, ""),
        ])
    func `broken YAML is an error at its line`(text: String, line: Int, word: String) throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error.position.line >= line)
        #expect(error.message.contains(word), "\(error)")
    }

    @Test func `what is not UTF-8 is an error with its place`() throws {
        let error = try #require(throws: YAMLError.self) { try YAML.parse(Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]) }
        #expect(error.position == SourcePosition(line: 2, column: 4))
    }

    @Test func `nesting, aliases and scalars have limits`() {
        let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
        #expect(throws: YAMLError.self) { try YAML.parse("a: \(deep)\n") }
        #expect(throws: YAMLError.self) { try YAML.parse("{\"a\": \(deep)}") }
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        #expect(throws: YAMLError.self) { try YAML.parse(bomb) }
        #expect(throws: YAMLError.self) { try YAML.parse("a: " + String(repeating: "x", count: 10 << 20) + "\n") }
    }

    @Test func `a Secret's value is in no message`() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
        for rest in [
            "data: hunter2\n", "data: {a: hunter2!}\n", "stringData: {a: 77777}\n", "data: {a: [hunter2]}\n", "type: {hunter2: 1}\n",
        ] {
            let found = problems(text + rest)
            #expect(found.count >= 1)
            #expect(!found.joined().contains("77777"))
            if !rest.hasPrefix("type") { #expect(!found.joined().contains("hunter2")) }
        }
    }
}

@Suite struct `YAML is written as it is read` {
    @Test(arguments: [
        "yes", "0777", "1e3", "", "a: b", "- x", "two\nlines\n", " lead", "#x", "null", "1_000", "é", "tab\there", "'", "\"", "*a", "~",
        "0x1", "a\rb", "\r s", "a\r\nb\r\n", "a\u{85}b", "a\u{2028}b\u{2029}",
    ])
    func `a string comes back as a string`(text: String) throws {
        let value: Value = ["key": .string(text), "list": [.string(text)]]
        #expect(try YAML.parse(YAMLWriter.text(value)) == [value])
    }

    @Test(arguments: ["---", "...", "--- '", "... \u{07}"])
    func `a document's mark within a long text does not end the document`(mark: String) throws {
        let text = (0..<40).map { "\($0) \(mark)" }.joined(separator: " ")
        for value: Value in [.string(text), ["key": .string(text)], [.string(text)], [text: .string(text)]] {
            #expect(try YAML.parse(YAMLWriter.text(value)) == [value])
        }
    }
}
