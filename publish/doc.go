// Package publish tells an MQTT broker, and Home Assistant behind it, what the
// daemon hears.
//
// With <id> the node, <src> a source and <label> a label or group:
//
//	earshot/<id>/availability               retained  online / offline; also the last will
//	earshot/<id>/instance                   retained  {instance, host}: which program this is
//	earshot/<id>/push                       retained  {counter, name, kind, state, why, …}: what became of what the owner pushed
//	earshot/<id>/<src>/availability         retained  online / offline: does this source give sound
//	earshot/<id>/<src>/<label>/state        retained  ON / OFF
//	earshot/<id>/<src>/<label>/attributes   retained  {state, score, onset, last_on, duration, count}
//	earshot/<id>/<src>/<label>/mute         retained  ON / OFF: is this label muted
//	earshot/<id>/<src>/<label>/threshold    retained  the score that switches it on; not of groups
//	earshot/<id>/<src>/<label>/hold         retained  seconds that it stays on; not of groups
//	earshot/<id>/<src>/last                 retained  {label, score, onset}; label "none" before the first
//	earshot/<id>/<src>/problem              retained  {state: ON/OFF, reason, detail}: microphone health
//	earshot/<id>/<src>/mute                 retained  ON / OFF: is the whole source muted
//	earshot/<id>/<src>/pause                retained  minutes that the source's mute was asked to last; 0 without an end
//	earshot/<id>/<src>/event                          an occurrence: when it begins, when it ends
//	earshot/<id>/<src>/scores               QoS 0     {at, scores}
//	earshot/<id>/<src>/image                QoS 0     a picture of the last sound, PNG
//	earshot/<id>/diagnostics                QoS 0     {at, latency_ms, …, sources}
//	earshot/<id>/push/set                   read      a signed manifest; its file's parts stand below <prefix>/fleet-push/
//	earshot/<id>/<src>/mute/set             read      see command.go of outbox
//	earshot/<id>/<src>/threshold/set        read
//	earshot/<id>/<src>/<label>/mute/set     read
//	earshot/<id>/<src>/<label>/threshold/set read
//	earshot/<id>/<src>/<label>/hold/set     read
//
// All but scores, image and diagnostics are QoS 1. Times are RFC 3339 with
// milliseconds and come from the sample position.
//
// # Rooms
//
// [earshot/publish/topic] has the table of these topics and the names in them.
// [earshot/publish/outbox] holds what the broker should be told, in order and bounded.
// [earshot/publish/homeassistant] announces it, and takes back what is gone.
// [earshot/publish/mqtt] has the connection, and the worker that sends for both.
// This package puts them together behind one Config; only [Publisher.Run] waits for the network.
package publish
