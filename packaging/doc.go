// Package packaging holds what makes packages of earshot: Debian's, a container's, Home Assistant's
// add-on. It has no code but its tests.
package packaging
