"""Many watches of one collection in a process of their own, which says how late events come.

    python3 watchers.py HOST PATH COUNT reading|idle      reading the events, or never reading

Prints `ready` once all have begun. After a line on its input it goes on for a second, and prints what it saw as JSON: how many events,
milliseconds from when they were sent to when they came (the median, 99 % and most), and watches that ended.
"""
import json, os, re, resource, selectors, socket, ssl, sys, time

host, path, count, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
context = ssl._create_unverified_context()
address, port = host.rsplit(":", 1)
request = ("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer bench\r\n\r\n" % (path, host)).encode()
chooser = selectors.DefaultSelector()
watches = []
for _ in range(count):
    watch = context.wrap_socket(socket.create_connection((address, int(port))))
    watch.sendall(request)
    # Its head: the watch has begun.
    watch.recv(65536)
    watches.append(watch)
    watch.setblocking(False)
    if mode == "reading":
        chooser.register(watch, selectors.EVENT_READ)
chooser.register(sys.stdin, selectors.EVENT_READ)
print("ready", flush=True)
sent = re.compile(rb'"sent":"(\d+\.\d+)"')
delays, ended, end = [], 0, None
while end is None or time.time() < end:
    for key, _ in chooser.select(0.1):
        if key.fileobj is sys.stdin:
            chooser.unregister(sys.stdin)
            end = time.time() + 1
            continue
        try:
            while True:
                data = key.fileobj.recv(65536)
                if not data:
                    chooser.unregister(key.fileobj)
                    ended += 1
                    break
                now = time.time()
                for moment in sent.findall(data):
                    delays.append(now - float(moment))
                if not key.fileobj.pending():
                    break
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError:
            chooser.unregister(key.fileobj)
            ended += 1
delays.sort()
at = lambda part: delays[min(len(delays) - 1, int(part * len(delays)))] * 1000 if delays else 0
print(json.dumps({"events": len(delays), "median": at(0.5), "most of": at(0.99), "worst": at(1), "ended": ended}), flush=True)
