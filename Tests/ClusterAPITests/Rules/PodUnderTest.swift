/// A pod that nothing is wrong with.
func pods() throws -> KindUnderTest {
    try KindUnderTest(
        "", "v1", "pods",
        sound: """
            {"metadata":{"name":"x"},"spec":{"serviceAccountName":"s","containers":[{"name":"c","image":"i:1"}]}}
            """)
}

/// A patch that gives the pod one container with some fields more.
func container(_ fields: String) -> String { #"{"spec":{"containers":[{"name":"c","image":"i:1",\#(fields)}]}}"# }

func volume(_ source: String) -> String { #"{"spec":{"volumes":[{"name":"v",\#(source)}]}}"# }
