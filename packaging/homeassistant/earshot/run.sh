#!/bin/sh
# Starts earshot inside the add-on: the broker and its password come from the Supervisor, everything
# else from the add-on's own folder, where a commented config.yaml is put the first time.
set -eu
config=/config/config.yaml
[ -e "$config" ] || cp /etc/earshot/config.yaml "$config"

service=$(curl --fail --silent --show-error --max-time 10 \
	--header "Authorization: Bearer $SUPERVISOR_TOKEN" http://supervisor/services/mqtt) || {
	echo "earshot: the Supervisor names no MQTT service; install and start the Mosquitto broker add-on" >&2
	exit 1
}
# field NAME: one value of the answer; empty when there is none.
field() { printf '%s' "$service" | jq --raw-output ".data.$1 // empty"; }

scheme=tcp
[ "$(field ssl)" != true ] || scheme=ssl

# As systemd would: secrets in files of a folder that only this process reads.
CREDENTIALS_DIRECTORY=$(mktemp -d)
STATE_DIRECTORY=/data
export CREDENTIALS_DIRECTORY STATE_DIRECTORY
umask 077
field username >"$CREDENTIALS_DIRECTORY/mqtt_username"
field password >"$CREDENTIALS_DIRECTORY/mqtt_password"
broker=$scheme://$(field host):$(field port)
unset service SUPERVISOR_TOKEN

exec earshot run --config "$config" --broker "$broker" --listen 0.0.0.0:8090
