package homeassistant

import "earshot/publish/topic"

// addAlarm adds the panel that arms, and the button that acknowledges. No code is asked for: who reaches the broker needs none.
func (c *Settings) addAlarm(d device) {
	no := false
	c.add(d, "alarm", component{Platform: "alarm_control_panel", Name: c.word("alarm"), Icon: "mdi:shield-home", ValueTemplate: "{{ value_json.state }}",
		CommandTopic: c.Tree.Of(topic.NodeAlarmSet), Features: []string{"arm_home", "arm_away", "arm_night"}, ArmCode: &no, DisarmCode: &no,
		AttributesTopic: c.Tree.Of(topic.NodeAlarm)}, topic.NodeAlarm)
	// A button has no state.
	d.components["alarm_acknowledge"] = component{Platform: "button", Name: c.word("acknowledge"), Icon: "mdi:bell-check", UniqueID: c.uniqueID("alarm_acknowledge"),
		EntityID: c.entityID("button", "alarm_acknowledge"), CommandTopic: c.Tree.Of(topic.NodeAlarmSet), Press: topic.AlarmAcknowledge, QoS: 1}
}
