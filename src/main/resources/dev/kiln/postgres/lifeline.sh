# Runs "$@" in a session of its own, and asks it to stop (SIGINT: PostgreSQL's fast shutdown) when standard input closes.
# The other end of standard input is held by Kiln: the kernel closes it when Kiln ends, be it by kill -9.
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
# Again and again: until PostgreSQL has its handlers, the shell has SIGINT ignored in what runs beside it. Later ones change nothing.
(read -r _ <&3; while kill -INT "$child"; do sleep 1; done) >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"
status=$?
kill "$watch" 2>/dev/null
[ -z "$KILN_TEMPORARY_DIRECTORY" ] || rmdir "$KILN_TEMPORARY_DIRECTORY" 2>/dev/null
exit "$status"
