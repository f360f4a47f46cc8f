// Package homeassistant announces what the daemon publishes to Home Assistant, and takes back what is gone.
// It sends nothing itself: it says which retained messages are due and when.
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
package homeassistant
