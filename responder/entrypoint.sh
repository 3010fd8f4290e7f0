#!/bin/sh
# Starts what it is given as the user `node`, who is also in the group of the Docker engine's socket. The number of that
# group differs from machine to machine and is only known here. So the container starts as root, with the rights to
# change user and group and no other. Started as another user (`user:` in Compose), it changes nothing.
set -eu
[ "$(id -u)" = 0 ] || exec "$@"

case "${DOCKER_HOST:-}" in
  '') socket=/var/run/docker.sock ;;
  unix://*) socket=${DOCKER_HOST#unix://} ;;
  *) socket= ;; # by TCP
esac
groups=$(id -G node | tr ' ' ,)
if [ -S "$socket" ]; then
  group=$(stat -c %g "$socket")
  groups=$groups,$group
  echo "entrypoint: user node, also in group $group, which $socket belongs to" >&2
else
  echo "entrypoint: user node${socket:+; there is no socket $socket}" >&2
fi
exec setpriv --reuid=node --regid=node --groups="$groups" -- "$@"
