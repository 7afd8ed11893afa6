"""An nginx that serves a directory on the loopback interface, and takes PUTs to it, for the benchmarks beside this file."""

import os
import shutil
import socket
import subprocess
import sys
import time

# A worker for each processor, no log, sendfile: what a static server does at its best.
CONFIGURATION = """
daemon off;
master_process on;
worker_processes auto;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=20000;
  default_type application/x-nix-nar;
  types {{ text/x-nix-narinfo narinfo; text/x-nix-cache-info nix-cache-info; }}
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port}; root {root};
    dav_methods PUT; create_full_put_path on; client_max_body_size 0;
  }}
}}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Nginx:
    def __init__(self, directory, root):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin") or sys.exit("no nginx: install nginx-light")
        directory = os.path.join(directory, "nginx")
        os.makedirs(directory)
        # its workers are of another user, who must get to the files
        os.chmod(os.path.dirname(directory), 0o755)
        self.port = free_port()
        configuration = os.path.join(directory, "nginx.conf")
        with open(configuration, "w") as file:
            user = "user root;\n" if os.geteuid() == 0 else ""
            file.write(user + CONFIGURATION.format(directory=directory, port=self.port, root=root))
        self.process = subprocess.Popen([program, "-p", directory, "-c", configuration], stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit("nginx does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def url(self, target=""):
        return f"http://127.0.0.1:{self.port}{target}"

    def pids(self):
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid, *map(int, children.stdout.split())]
