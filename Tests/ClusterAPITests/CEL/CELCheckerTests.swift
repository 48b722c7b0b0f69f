import Testing

@testable import ClusterAPI

@Suite struct CELCheckerTests {
    private let environment: CEL.Environment = {
        var environment = CEL.Environment()
        environment.structures["T"] = CEL.Environment.Structure([
            "a": .string, "n": .int, "d": .double, "b": .bool, "l": .list(.string), "m": .map(.string, .int), "o": .object("T.o"),
            "q": .dyn, "t": .timestamp,
        ])
        environment.structures["T.o"] = CEL.Environment.Structure(["x": .int])
        environment.variables = ["self": .object("T"), "oldSelf": .optional(.object("T")), "authorizer.requestResource": .bool]
        return environment
    }()

    private func result(_ text: String) -> String {
        do throws(CEL.Issues) { return try CEL.Checker.check(text, in: environment).type.shown } catch {
            return error.found.map { "\($0.location.column + 1): \($0.message)" }.joined(separator: "; ")
        }
    }

    @Test(arguments: [
        ("self.l.all(x, x.startsWith('a'))", "bool"), ("self.m.exists(k, v, v > 1 && k != '')", "bool"),
        ("self.l.map(x, x.size())", "list(int)"), ("self.l.filter(x, x != 'a')", "list(string)"), ("self.l.exists_one(x, x == '')", "bool"),
        ("self.m.transformMap(k, v, string(v))", "map(string, string)"), ("self.l.transformList(i, v, i)", "list(int)"),
        ("self.l.transformMapEntry(i, v, {v: i})", "map(string, int)"), ("self.?o.x.orValue(3)", "int"),
        ("self.?o.optMap(v, v.x + 1)", "optional_type(int)"), ("oldSelf.o.x", "optional_type(int)"), ("self.l[?0].hasValue()", "bool"),
        ("self.l.sortBy(e, e.size())", "list(string)"), ("[3, 1].sort()", "list(int)"), ("lists.range(3)", "list(int)"),
        ("quantity('1').add(1)", "kubernetes.Quantity"), ("cidr('::/0').containsIP(ip('::1'))", "bool"),
        ("url('http://a').getQuery()", "map(string, list(string))"), ("semver('1.0.0').isLessThan(semver('2.0.0'))", "bool"),
        ("format.dns1123Label().validate('a')", "optional_type(list(string))"), ("sets.contains([1], [1])", "bool"),
        ("'%s %d'.format([self.a, dyn(1)])", "string"), ("self.a.find('a+')", "string"), ("self.n < 1.5", "bool"),
        ("self.o == null", "bool"),
        ("self.q.foo == 3", "bool"), ("type(self.n) == int", "bool"), ("{'a': 1}.a", "int"), ("self.a in self.l", "bool"),
        ("self.t - self.t", "duration"), ("self.t.getHours('UTC')", "int"), ("[]", "list(dyn)"), ("{}", "map(dyn, dyn)"),
        ("self.b ? [] : [1]", "list(int)"), ("T{n: 1}", "T"), ("authorizer.requestResource", "bool"), ("has(self.o.x)", "bool"),
    ])
    func `an expression has the type of its value`(text: String, type: String) { #expect(result(text) == type) }

    @Test(arguments: [
        ("self.nope == 1", "5: undefined field 'nope'"), ("has(self.nope)", "4: undefined field 'nope'"),
        ("nope", "1: undeclared reference to 'nope' (in container '')"), ("foo(1)", "4: undeclared reference to 'foo' (in container '')"),
        ("self.a.foo()", "11: undeclared reference to 'foo' (in container '')"),
        ("self.a + 1", "8: found no matching overload for '_+_' applied to '(string, int)'"),
        ("self.l.sum()", "11: found no matching overload for 'sum' applied to 'list(string).()'"),
        ("size(1)", "5: found no matching overload for 'size' applied to '(int)'"),
        ("-self.a", "1: found no matching overload for '-_' applied to '(string)'"),
        ("self.a == null", "8: found no matching overload for '_==_' applied to '(string, null)'"),
        ("self.l == self.m", "8: found no matching overload for '_==_' applied to '(list(string), map(string, int))'"),
        ("self.b ? 1 : 'a'", "8: found no matching overload for '_?_:_' applied to '(bool, int, string)'"),
        ("self.b && self.n", "15: expected type 'bool' but found 'int'"), ("[1, 'a']", "5: expected type 'int' but found 'string'"),
        ("[1, dyn('a')]", "8: expected type 'int' but found 'dyn'"), ("{'a': 1, 'b': true}", "15: expected type 'int' but found 'bool'"),
        ("self.a.b", "7: type 'string' does not support field selection"),
        ("self.n.all(x, true)", "5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("self.l.all(x, 1)", "15: expected type 'bool' but found 'int'"),
        ("self.l.all(x, y)", "15: undeclared reference to 'y' (in container '')"),
        ("duration('1x')", "10: invalid duration argument"), ("timestamp('today')", "11: invalid timestamp argument"),
        ("T{n: 'a'}", "4: expected type of field 'n' is 'int' but provided type is 'string'"),
        ("int{}", "4: 'int' is not a message type"), ("[?1]", "3: expected type 'optional_type(int)' but found 'int'"),
    ])
    func `a wrong expression is told of at its place`(text: String, issue: String) {
        #expect(result(text) == issue)
    }

    @Test(arguments: [
        ("my-field", "my__dash__field"), ("a.b/c", "a__dot__b__slash__c"), ("a__b", "a__underscores__b"), ("namespace", "__namespace__"),
        ("x___y", "x__underscores___y"), ("1a", nil), ("ä", nil), ("", nil),
    ])
    func `names are escaped as Kubernetes escapes them`(name: String, escaped: String?) { #expect(CEL.Escaping.escape(name) == escaped) }
}
