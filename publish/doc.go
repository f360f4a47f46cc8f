// Package publish tells an MQTT broker, and Home Assistant behind it, what the
// daemon hears. It is the only importer of paho.
//
// With <id> the node, <src> a source and <label> a label or group:
//
//	earshot/<id>/availability               retained  online / offline; also the last will
//	earshot/<id>/<src>/availability         retained  online / offline: does this source give sound
//	earshot/<id>/<src>/<label>/state        retained  ON / OFF
//	earshot/<id>/<src>/<label>/attributes   retained  {score, onset, last_on, duration}
//	earshot/<id>/<src>/<label>/mute         retained  ON / OFF: is this label muted
//	earshot/<id>/<src>/last                 retained  {label, score, onset}; label "none" before the first
//	earshot/<id>/<src>/problem              retained  {state: ON/OFF, reason, detail}: microphone health
//	earshot/<id>/<src>/mute                 retained  ON / OFF: is the whole source muted
//	earshot/<id>/<src>/event                          one message per occurrence, at its end
//	earshot/<id>/<src>/scores               QoS 0     {at, scores}
//	earshot/<id>/diagnostics                QoS 0     {at, latency_ms, …, sources}
//	earshot/<id>/<src>/mute/set             read      see command.go
//	earshot/<id>/<src>/<label>/mute/set     read
//
// All but scores and diagnostics are QoS 1. Times are RFC 3339 with
// milliseconds and come from the sample position.
//
// # How messages leave
//
// The book holds what the broker should hold: a wanted value for every
// retained topic, and a bounded queue of occurrences. One worker sends from it,
// batch by batch, each acknowledged before the next. So events arrive in order
// over any number of broken connections; one whose acknowledgement was lost is
// sent again with the same id. After every connect everything retained is sent
// again, for the broker may have lost it.
//
// # Discovery
//
// One retained device configuration, or one per entity for Home Assistant
// before 2024.11. Rules kept here, from Home Assistant's schema and issues:
// an unknown key in the root, "dev" or "o" rejects the device; qos stands on
// each component; changes are debounced into one message; a removed component
// is first published with nothing but its platform and then left out;
// expire_after only on topics that are not retained; on Home Assistant's birth
// message the configuration goes out again, then the states.
//
// Node availability stands at the root and holds for all entities. Entities
// that need sound add their source's, with mode "all"; the problem sensor, the
// level and the mute switch do not, for they matter most when it is offline.
package publish
