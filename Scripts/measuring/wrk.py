"""Load over TLS by wrk: a number of requests as fast as they are answered, or so many a second."""
import json, subprocess

# Ends after so many answers, where wrk itself knows only time. With RATE requests go out at their times, as many as there are idle
# connections; a body has the time it was sent at in place of MOMENT.
LUA = """
local ffi = require('ffi')
ffi.cdef('typedef struct { long s; long us; } moment; int gettimeofday(moment *, void *);')
local t = ffi.new('moment')
local function now()
    ffi.C.gettimeofday(t, nil)
    return tonumber(t.s) + tonumber(t.us) / 1e6
end
local answers, failed, begun, due = 0, 0, nil, nil
function response(status)
    begun = begun or now()
    answers = answers + 1
    if status >= 300 then failed = failed + 1 end
    if answers == COUNT then
        print('took', now() - begun, failed)
        io.flush()
        wrk.thread:stop()
    end
end
if RATE > 0 then
    function delay()
        due = math.max(due or 0, now() - 0.2) + 1 / RATE
        return math.max(0, math.floor((due - now()) * 1000))
    end
    function request()
        return wrk.format(nil, nil, nil, (wrk.body:gsub('MOMENT', string.format('%.6f', now()))))
    end
end
"""


class Load:
    """wrk at work; `result()` waits for it."""

    def __init__(self, server, connections, requests, path, body=None, rate=0):
        self.requests = requests
        script = server.workspace.path("wrk-%d.lua" % connections)
        with open(script, "w") as f:
            f.write(LUA.replace("COUNT", str(requests)).replace("RATE", str(rate)))
            if body:
                f.write("wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==[%s]==]\n" % json.dumps(body))
        self.process = subprocess.Popen(
            ["wrk", "-s", script, "-t1", "-c%d" % connections, "-d600s", "-H", "Authorization: Bearer bench", server.address + path],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def result(self):
        """Requests a second, and how many failed."""
        took = next((line.split()[1:] for line in self.process.stdout if line.startswith("took")), ["1", str(self.requests)])
        # Its main thread would sleep to the end of its time.
        self.process.kill()
        self.process.wait()
        return self.requests / float(took[0]), int(float(took[1]))


def wrk(server, connections, requests, path, body=None):
    """How many requests a second, and what there is to say of them. Processor time says more than a rate on a busy machine."""
    before = server.cpu()
    rate, failed = Load(server, connections, requests, path, body).result()
    used = (server.cpu() - before) / requests * 1e6
    return rate, " (%.0f us of processor time each%s)" % (used, ", %d failed" % failed if failed else "")
