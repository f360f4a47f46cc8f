// Package systemd holds the unit of the service and its drop-ins; it has no code but its tests, which
// read the unit with systemd-analyze and then run the Debian package in a really booted systemd.
package systemd
